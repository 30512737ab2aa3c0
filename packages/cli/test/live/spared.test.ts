import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import { hogProgram } from './support/namespace.js';
import { until } from './support/wait.js';

describe('a victim', () => {
  inNamespace('that shrinks when it gets SIGTERM is spared', async (ns) => {
    const victim = await ns.hog({ onSigterm: 'shrink' });
    const monitor = await ns.monitor({ config: {} });
    const kill = await monitor.killOf(victim.pid);
    expect(kill).to.include({ outcome: 'spared', signal: 'SIGTERM' });
    await monitor.scans(4);
    expect(monitor.kills()).to.have.lengthOf(1);
    expect(victim.isAlive).to.equal(true);
    expect(victim.signals).to.deep.equal(['SIGTERM']);
  });

  inNamespace('that shrinks and grows again is spared twice, and no third time', async (ns) => {
    const victim = await ns.hog({ onSigterm: 'shrink' });
    const monitor = await ns.monitor({
      config: { thresholds: { check_interval: 2 }, settings: { grace_seconds: 0.5 } },
    });
    for (const times of [1, 2]) {
      await until(`spared ${times} times`, () => monitor.kills().length === times);
      await ns.signal(victim.pid, 'SIGUSR2');
    }
    expect((await victim.ended()).signal).to.equal('SIGKILL');
    await until('three kill lines', () => monitor.kills().length === 3);
    expect(monitor.kills().map(({ outcome }) => outcome)).to.deep.equal(['spared', 'spared', 'killed']);
  });

  inNamespace(
    'that becomes another, small program when it gets SIGTERM is spared',
    async (ns) => {
      const victim = await ns.hog({ onSigterm: 'execute' });
      const monitor = await ns.monitor({ config: {} });
      expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'spared', signal: 'SIGTERM' });
      expect(await ns.shell(`cat /proc/${victim.pid}/comm`)).to.equal('sleep\n');
      expect(victim.isAlive).to.equal(true);
    },
    { needs: ['koffi'] },
  );

  inNamespace(
    'that leaves an heir of the same size has not saved it: the heir is ended as well',
    async (ns) => {
      const victim = await ns.hog({ onSigterm: 'bear' });
      const monitor = await ns.monitor({ config: {} });
      expect(await victim.ended()).to.include({ code: 0 });
      const heir = Number((await victim.says('heir')).split(' ')[1]);
      expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'terminated', signal: 'SIGTERM' });
      expect(await monitor.killOf(heir)).to.include({ outcome: 'terminated', name: 'heir' });
      expect(monitor.kills()).to.have.lengthOf(2);
    },
  );

  inNamespace('whose parent does not fetch its exit status counts as ended at once', async (ns) => {
    const { file, args = [] } = hogProgram({ megabytes: 300 });
    const script = '"$@" & echo "child $!"; exec sleep 1000';
    const parent = await ns.start({ file: '/bin/sh', args: ['-c', script, 'sh', file, ...args] });
    const pid = Number((await parent.says('child')).split(' ')[1]);
    await parent.says('ready');
    const monitor = await ns.monitor({ config: { settings: { grace_seconds: 10 } } });

    const kill = await monitor.killOf(pid);
    expect(kill).to.include({ outcome: 'terminated', signal: 'SIGTERM' });
    expect(kill['tookMs']).to.be.below(8000);
    expect(await ns.shell(`cut -d ' ' -f 3 /proc/${pid}/stat`)).to.equal('Z\n');
    await monitor.scans(3);
    expect(monitor.kills(pid)).to.have.lengthOf(1);
  });

  inNamespace('is never a zombie, even with limits of zero', async (ns) => {
    const script = `sh -c 'until grep -q sleep /proc/$PPID/comm; do :; done' & echo "child $!"; exec sleep 1000`;
    const parent = await ns.start({ file: '/bin/sh', args: ['-c', script] });
    const pid = Number((await parent.says('child')).split(' ')[1]);
    await until('a zombie', async () => (await ns.shell(`cat /proc/${pid}/stat`)).includes(') Z '));
    const monitor = await ns.monitor({
      config: { thresholds: { ram_gb_threshold: 0, ram_percent_threshold: 0 } },
    });
    await parent.ended();
    await monitor.scans(3);
    expect(monitor.kills().map((kill) => kill['pid'])).to.deep.equal([parent.pid]);
    expect(monitor.lines('violation').filter((line) => line['pid'] === pid)).to.deep.equal([]);
  });
});
