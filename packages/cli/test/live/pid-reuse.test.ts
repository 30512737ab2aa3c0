import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { inNamespace } from './support/in-namespace.js';
import { hogProgram } from './support/namespace.js';
import { parseLog } from './support/running-monitor.js';
import { until } from './support/wait.js';

const WAITING_MONITOR = fileURLToPath(new URL('./programs/waiting-monitor.js', import.meta.url));

/** Over a limit of 0.02 GB without taking anything: a successor has to be there at once. */
const SMALL = { megabytes: 0, recordsSignals: true };
const LOW_LIMIT = { thresholds: { ram_gb_threshold: 0.02 } };

describe('a process that takes over the PID of a victim', () => {
  inNamespace(
    'between detection and signal is not signalled, though it is over the limit too',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const goAhead = ns.path('go-ahead');
      const monitor = await ns.start({ file: process.execPath, args: [WAITING_MONITOR, goAhead] });
      expect(await monitor.says('deciding')).to.equal(`deciding ${victim.pid}`);
      const started = ns.succeed(victim.pid, hogProgram(SMALL));
      await ns.signal(victim.pid, 'SIGKILL');
      const successor = await started;
      await successor.says('ready');
      writeFileSync(goAhead, '');

      expect(await monitor.ended()).to.include({ code: 0 });
      expect(successor.pid).to.equal(victim.pid);
      const lines = parseLog(monitor.lines.filter((line) => line.startsWith('{')).join('\n') + '\n');
      const kills = lines.filter(({ event }) => event === 'kill');
      expect(kills).to.have.lengthOf(1);
      expect(kills[0]).to.include({ pid: victim.pid, outcome: 'vanished', signal: null });
      expect(lines.filter(({ event }) => event === 'pluginError')).to.deep.equal([]);
      expect(successor.signals).to.deep.equal([]);
      expect(successor.exit).to.equal(undefined);
    },
    { needs: ['chosen PIDs'] },
  );

  inNamespace(
    'during its grace period gets no SIGKILL, and no signal at all',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const started = ns.succeed(victim.pid, hogProgram(SMALL));
      const monitor = await ns.monitor({ config: LOW_LIMIT, options: ['--once'] });
      const successor = await started;
      await successor.says('ready');

      expect(await monitor.program.ended()).to.include({ code: 0 });
      expect(victim.exit).to.include({ signal: 'SIGTERM' });
      expect(successor.pid).to.equal(victim.pid);
      expect(monitor.kills()).to.have.lengthOf(1);
      expect(monitor.kills()[0]).to.include({ pid: victim.pid, outcome: 'terminated', signal: 'SIGTERM' });
      expect(successor.signals).to.deep.equal([]);
      expect(successor.exit).to.equal(undefined);
    },
    { needs: ['chosen PIDs'] },
  );

  inNamespace(
    'is a violator of its own at the next scan',
    async (ns) => {
      const victim = await ns.hog({ megabytes: 0 });
      const started = ns.succeed(victim.pid, hogProgram({ megabytes: 0 }));
      const monitor = await ns.monitor({ config: LOW_LIMIT });
      const successor = await started;

      expect(await successor.ended()).to.include({ signal: 'SIGTERM' });
      await until('both kill lines', () => monitor.kills().length >= 2);
      const [first, second] = monitor.kills();
      expect(first?.['pid']).to.equal(second?.['pid']);
      expect(first?.['startTime']).to.not.equal(second?.['startTime']);
    },
    { needs: ['chosen PIDs'] },
  );
});
