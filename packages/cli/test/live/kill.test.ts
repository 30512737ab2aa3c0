import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';

const GRACE_MS = 1000;
const INTERVAL_MS = 2000;
/** For a loaded machine; less than another interval. */
const SLOWNESS_MS = 1800;

describe('a process over its limit', () => {
  inNamespace('is ended by SIGTERM within one interval, and nobody else is touched', async (ns) => {
    const bystander = await ns.bystander();
    const monitor = await ns.monitor({ config: { thresholds: { check_interval: INTERVAL_MS / 1000 } } });
    await monitor.told('scan');
    const victim = await ns.doomedHog();

    const exit = await victim.ended();
    expect(exit).to.include({ signal: 'SIGTERM', code: null });
    const letLiveMs = Number.isNaN(victim.readyAtMs) ? 0 : exit.atMs - victim.readyAtMs;
    expect(letLiveMs).to.be.below(INTERVAL_MS + SLOWNESS_MS);
    expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'terminated', signal: 'SIGTERM' });

    await monitor.scans(1);
    expect(monitor.kills()).to.have.lengthOf(1);
    expect(bystander.isAlive).to.equal(true);
    expect(bystander.signals).to.deep.equal([]);
    expect((await monitor.stop()).code).to.equal(0);
  });

  inNamespace('gets SIGKILL after the grace period, and not before, if it ignores SIGTERM', async (ns) => {
    const victim = await ns.hog({ onSigterm: 'ignore' });
    const monitor = await ns.monitor({ config: {} });

    const exit = await victim.ended();
    expect(exit).to.include({ signal: 'SIGKILL', code: null });
    expect(exit.atMs - victim.signalledAtMs('SIGTERM')).to.be.at.least(GRACE_MS - 20);
    expect(victim.signals).to.deep.equal(['SIGTERM']);
    const kill = await monitor.killOf(victim.pid);
    expect(kill).to.include({ outcome: 'killed', signal: 'SIGKILL' });
    expect(kill['tookMs']).to.be.at.least(GRACE_MS);
  });

  inNamespace('leaves exactly one kill line, with every field that programs read', async (ns) => {
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: {} });
    await monitor.killOf(victim.pid);
    await monitor.scans(2);

    const [kill, ...more] = monitor.kills();
    expect(more).to.deep.equal([]);
    expect(kill).to.include({
      level: 'info',
      pid: victim.pid,
      uid: 0,
      user: 'root',
      rule: 'ram_gb_threshold',
      limitBytes: Math.floor(0.2 * 1024 ** 3),
      measure: 'rss',
      action: 'kill',
      outcome: 'terminated',
      signal: 'SIGTERM',
      dryRun: false,
    });
    expect(kill?.['name']).to.be.a('string').and.not.equal('');
    expect(kill?.['rssBytes']).to.be.within(300 * 1024 ** 2, 450 * 1024 ** 2);
    expect(kill?.['tookMs']).to.be.a('number').and.at.least(0);
  });

  inNamespace(
    'waits for no other one: ten that ignore SIGTERM are gone after one grace period',
    async (ns) => {
      const victims = await Promise.all(
        Array.from({ length: 10 }, async () => await ns.hog({ megabytes: 200, onSigterm: 'ignore' })),
      );
      const monitor = await ns.monitor({ config: { settings: { grace_seconds: 2 } } });

      const exits = await Promise.all(victims.map(async (victim) => await victim.ended()));
      expect(exits.map(({ signal }) => signal)).to.deep.equal(victims.map(() => 'SIGKILL'));
      const firstSignal = Math.min(...victims.map((victim) => victim.signalledAtMs('SIGTERM')));
      const lastExit = Math.max(...exits.map(({ atMs }) => atMs));
      // One after the other they would take twenty seconds, and a single straggler would take four.
      expect(lastExit - firstSignal).to.be.within(2000 - 20, 4000 - 20);

      for (const { pid } of victims) {
        await monitor.killOf(pid);
        expect(monitor.kills(pid)).to.have.lengthOf(1);
        expect(monitor.kills(pid)[0]).to.include({ outcome: 'killed', signal: 'SIGKILL' });
      }
      expect(monitor.kills()).to.have.lengthOf(10);
    },
  );

  inNamespace(
    'does not hold the scans up during its grace period, and another one is ended meanwhile',
    async (ns) => {
      const stubborn = await ns.hog({ onSigterm: 'ignore' });
      const monitor = await ns.monitor({ config: { settings: { grace_seconds: 8 } } });
      await stubborn.says('signal SIGTERM');
      const second = await ns.doomedHog();
      expect((await second.ended()).signal).to.equal('SIGTERM');
      await monitor.scans(3);
      expect(stubborn.isAlive).to.equal(true);
      expect(stubborn.signals).to.deep.equal(['SIGTERM']);
    },
  );
});
