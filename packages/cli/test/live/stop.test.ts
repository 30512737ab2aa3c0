import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { inNamespace } from './support/in-namespace.js';
import { monotonicMs } from './support/monotonic.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';
import type { RunningMonitor } from './support/running-monitor.js';

const GRACE_SECONDS = 3;

/** A monitor whose victim is in its grace period, and the monitor's log file. */
async function inGrace(ns: PidNamespace): Promise<{ monitor: RunningMonitor; victim: Program; log: string }> {
  const log = ns.path('monitor.log');
  const victim = await ns.hog({ onSigterm: 'ignore' });
  const monitor = await ns.monitor({
    config: { settings: { grace_seconds: GRACE_SECONDS, log_file: log, state_directory: ns.path('state') } },
  });
  await victim.says('signal SIGTERM');
  return { monitor, victim, log };
}

describe('a monitor that is told to stop', () => {
  inNamespace(
    'gives a victim in its grace period its SIGKILL, and exits with 0 within that period',
    async (ns) => {
      const { monitor, victim, log } = await inGrace(ns);
      const toldAtMs = monotonicMs();
      const exit = await monitor.stop('SIGTERM');

      expect(exit).to.include({ code: 0, signal: null });
      expect(exit.atMs - toldAtMs).to.be.below(GRACE_SECONDS * 1000);
      expect((await victim.ended()).signal).to.equal('SIGKILL');
      expect(victim.signals).to.deep.equal(['SIGTERM']);
      expect(monitor.kills()).to.have.lengthOf(1);
      expect(monitor.kills()[0]).to.include({ pid: victim.pid, outcome: 'killed', signal: 'SIGKILL' });
      expect(monitor.lines('stopping')).to.have.lengthOf(1);
      expect(monitor.lines('stopping')[0]).to.include({ reason: 'SIGTERM', terminationsUnderWay: 1 });
      expect(readFileSync(log, 'utf8')).to.equal(monitor.output);
      expect(await ns.shell(`ls ${ns.path('state', 'intents')}`)).to.equal('');
    },
  );

  inNamespace('is not hurried by a second SIGINT, and not confused by a third signal', async (ns) => {
    const { monitor, victim } = await inGrace(ns);
    await monitor.signal('SIGINT');
    // Signals that are pending together arrive in no particular order.
    await monitor.told('stopping');
    await monitor.signal('SIGINT');
    await monitor.signal('SIGTERM');
    expect(await monitor.program.ended()).to.include({ code: 0 });
    expect((await victim.ended()).signal).to.equal('SIGKILL');
    expect(monitor.kills()).to.have.lengthOf(1);
    expect(monitor.lines('stopping')).to.have.lengthOf(1);
    expect(monitor.lines('stopping')[0]).to.include({ reason: 'SIGINT' });
  });

  inNamespace('begins nothing new: who goes over the limit meanwhile is left alone', async (ns) => {
    const { monitor, victim } = await inGrace(ns);
    await monitor.signal('SIGTERM');
    await monitor.told('stopping');
    const late = await ns.hog();
    expect(await monitor.program.ended()).to.include({ code: 0 });
    await victim.ended();
    expect(late.isAlive).to.equal(true);
    expect(monitor.kills().map(({ pid }) => pid)).to.deep.equal([victim.pid]);
  });

  inNamespace(
    'does so at once when nothing is under way, though the next scan is an hour off',
    async (ns) => {
      const bystander = await ns.bystander();
      const monitor = await ns.monitor({ config: { thresholds: { check_interval: 3600 } } });
      await monitor.told('scan');
      const exit = await monitor.stop();
      expect(exit).to.include({ code: 0 });
      expect(monitor.lines('stopping')[0]).to.include({ terminationsUnderWay: 0 });
      expect(bystander.isAlive).to.equal(true);
    },
  );
});
