import type { Detection, PluginDetector, ProcessIdentity } from '@memory-monitor/core';
import { TestMonitor, type FakeProcess, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

const SESSION = 4000;

/** A monitor with a detector that wants the hogs of a machine ended, with what they are in. */
function aimingAt(target: NonNullable<Detection['target']>, options: TestMonitorOptions = {}): TestMonitor {
  const detector: PluginDetector = {
    plugin: 'shortage',
    deadlineMs: 500,
    detect: ({ samples }) =>
      [...samples.rssBytes].flatMap((rssBytes, row) =>
        rssBytes > 2 * GB
          ? {
              processes: [{ pid: samples.pid[row]!, startTime: samples.startTime[row]! }],
              usedBytes: 15 * GB,
              limitBytes: 12 * GB,
              reason: 'short',
              target,
            }
          : [],
      ),
  };
  return new TestMonitor({
    thresholds: { ramGbThreshold: 100, ramPercentThreshold: 100 },
    ...options,
    extensions: { detectors: [detector] },
  });
}

const small = (more: FakeProcess = {}): FakeProcess => ({ rssBytes: 0.01 * GB, ...more });
const isRunning = (test: TestMonitor, ...processes: readonly ProcessIdentity[]): boolean[] =>
  processes.map((process) => test.machine.isRunning(process));
const termed = (test: TestMonitor): number[] =>
  test.machine.signals.filter(({ signal }) => signal === 'SIGTERM').map(({ pid }) => pid);

describe('a target', () => {
  it('is the whole session: the violator first, then the oldest first, and nobody else', async () => {
    const test = aimingAt('session');
    const young = test.machine.spawn(small({ sessionId: SESSION, startTime: 900 }));
    const shell = test.machine.spawn(small({ sessionId: SESSION, startTime: 10 }));
    const violator = test.machine.spawn(hog({ sessionId: SESSION, startTime: 500 }));
    const bystander = test.machine.spawn(small({ sessionId: 1 }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid, shell.pid, young.pid]);
    expect(isRunning(test, bystander)).to.deep.equal([true]);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'terminated', signal: 'SIGTERM', signalled: 3 });
    expect(test.eventsOf('kill')[0]?.violation.target).to.equal('session');
  });

  it('is the process group', async () => {
    const test = aimingAt('group');
    const violator = test.machine.spawn(hog({ processGroupId: 77 }));
    const partner = test.machine.spawn(small({ processGroupId: 77 }));
    test.machine.spawn(small({ processGroupId: 78 }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid, partner.pid]);
  });

  it('is the control group with those below it, and not one whose name begins alike', async () => {
    const test = aimingAt('cgroup');
    const violator = test.machine.spawn(hog({ cgroup: '/jobs/7' }));
    const below = test.machine.spawn(small({ cgroup: '/jobs/7/step' }));
    test.machine.spawn(small({ cgroup: '/jobs/70' }));
    test.machine.spawn(small({ cgroup: '/jobs' }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid, below.pid]);
  });

  it('is the violator alone where what it is in is not to be ended as a whole', async () => {
    const test = aimingAt('cgroup');
    const violator = test.machine.spawn(hog({ cgroup: '/' }));
    test.machine.spawn(small({ cgroup: '/jobs' }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid]);
    expect(test.eventsOf('kill')[0]).to.include({ signalled: 1 });
    expect(test.eventsOf('kill')[0]?.reason).to.match(
      /; only it was signalled: .* not to be ended as a whole$/,
    );
  });

  it('is the process alone for a detection that says so', async () => {
    const test = aimingAt('process');
    const violator = test.machine.spawn(hog({ sessionId: SESSION }));
    test.machine.spawn(small({ sessionId: SESSION }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid]);
    expect(test.eventsOf('kill')[0]).to.not.have.property('signalled');
  });

  const guarded: Record<string, [member: FakeProcess, options: TestMonitorOptions, why: string]> = {
    'whose oom_score_adj is -1000': [{ oomScoreAdj: -1000 }, {}, 'its oom_score_adj is -1000'],
    'whose user is whitelisted': [{ uid: 0 }, { whitelist: { users: ['root'] } }, 'user root is whitelisted'],
    'whose name is whitelisted': [
      { name: 'sshd' },
      { whitelist: { names: [{ name: 'sshd', user: undefined }] } },
      'its name matches',
    ],
    'whose whole name is whitelisted, of which the kernel has the beginning': [
      { comm: 'important-servi', isCommCut: true, commandLine: ['/opt/important-service'] },
      { whitelist: { names: [{ name: 'service', user: undefined }] } },
      'its name matches',
    ],
    'whose name is cut, and the rest can not be read': [
      { comm: 'important-servi', isCommCut: true, hangs: true },
      { whitelist: { names: [{ name: 'service', user: undefined }] } },
      'its name is cut by the kernel and the rest can not be read',
    ],
  };
  for (const [what, [member, options, why]] of Object.entries(guarded)) {
    it(`is the violator alone beside a member ${what}`, async () => {
      const test = aimingAt('session', options);
      const violator = test.machine.spawn(hog({ sessionId: SESSION, name: 'hog' }));
      const { pid } = test.machine.spawn(small({ sessionId: SESSION, ...member }));
      test.machine.spawn(small({ sessionId: SESSION, name: 'other' }));
      await test.tick();
      await test.clock.advance(1000);
      expect(termed(test)).to.deep.equal([violator.pid]);
      const { reason, signalled } = test.eventsOf('kill')[0]!;
      expect(signalled).to.equal(1);
      expect(reason).to.match(
        new RegExp(
          `; only it was signalled: session ${SESSION} has PID ${pid} \\(.*\\), which is protected: `,
        ),
      );
      expect(reason).to.include(why);
    });
  }

  it('never is what the monitor itself is in', async () => {
    const test = aimingAt('session');
    test.machine.spawn({ pid: 2, sessionId: SESSION });
    const violator = test.machine.spawn(hog({ sessionId: SESSION }));
    test.machine.spawn(small({ sessionId: SESSION }));
    await test.tick();
    expect(termed(test)).to.deep.equal([violator.pid]);
    expect(test.eventsOf('kill')[0]?.reason).to.include('it is the monitor');
  });

  it('has ended when all of it has: who does not exit gets SIGKILL, also where the violator has exited', async () => {
    const test = aimingAt('session');
    const violator = test.machine.spawn(hog({ sessionId: SESSION }));
    const stubborn = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    await test.clock.advance(4900);
    expect(isRunning(test, violator, stubborn)).to.deep.equal([false, true]);
    expect(outcomesOf(test)).to.deep.equal([]);
    await test.clock.advance(100);
    expect(isRunning(test, stubborn)).to.deep.equal([false]);
    expect(signalsOf(test, stubborn.pid)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'killed', signal: 'SIGKILL', signalled: 2 });
  });

  it('is looked at afresh before SIGKILL: a member that is protected by then spares all but the violator', async () => {
    const test = aimingAt('session');
    const violator = test.machine.spawn(stubbornHog({ sessionId: SESSION }));
    const other = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    const protectedOne = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    test.machine.change(protectedOne.pid, { oomScoreAdj: -1000 });
    await test.clock.advance(5000);
    expect(isRunning(test, violator, other, protectedOne)).to.deep.equal([false, true, true]);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });

  it('spares all where the violator gives its memory back in the grace period', async () => {
    const test = aimingAt('session');
    const violator = test.machine.spawn(stubbornHog({ sessionId: SESSION }));
    const other = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    test.machine.change(violator.pid, { rssBytes: 0 });
    await test.clock.advance(5000);
    expect(isRunning(test, violator, other)).to.deep.equal([true, true]);
    expect(outcomesOf(test)).to.deep.equal(['spared']);
  });

  it('has the children that are born while it is signalled, however late', async () => {
    const test = aimingAt('session');
    let children = 0;
    const forking: FakeProcess = {
      sessionId: SESSION,
      onSignal: (signal, machine, pid) => {
        if (signal === 'SIGTERM' && children < 5) {
          children += 1;
          machine.spawn(small(forking));
        }
        machine.exit(pid);
        return 'sent';
      },
    };
    test.machine.spawn(hog(forking));
    await test.tick();
    expect(test.machine.scan().count).to.equal(0);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'terminated', signalled: 6 });
  });

  it('does not go on for ever where children are born for ever', async () => {
    const test = aimingAt('session');
    const forking: FakeProcess = {
      sessionId: SESSION,
      onSignal: (signal, machine, pid) => {
        machine.exit(pid);
        machine.spawn(small(forking));
        return 'sent';
      },
    };
    test.machine.spawn(hog(forking));
    await test.tick();
    await test.clock.advance(60_000);
    expect(test.eventsOf('kill')).to.have.length(1);
  });

  it('is not another session that has the number of one that is over', async () => {
    const test = aimingAt('session');
    const stubborn = test.machine.spawn(stubbornHog({ sessionId: SESSION }));
    const member = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    test.machine.exit(stubborn.pid);
    test.machine.exit(member.pid);
    const successor = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.clock.advance(10_000);
    expect(signalsOf(test, successor.pid)).to.deep.equal([]);
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('is not that session either where the violator has left it and lives', async () => {
    const test = aimingAt('session');
    const violator = test.machine.spawn(stubbornHog({ sessionId: SESSION }));
    const member = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    test.machine.change(violator.pid, { sessionId: violator.pid });
    test.machine.exit(member.pid);
    const successor = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.clock.advance(10_000);
    expect(signalsOf(test, successor.pid)).to.deep.equal([]);
    expect(isRunning(test, violator)).to.deep.equal([false]);
  });

  it('does not have who leaves it between the list and the look', async () => {
    const test = aimingAt('session');
    test.machine.spawn(hog({ sessionId: SESSION }));
    const leaver = test.machine.spawn(small({ sessionId: 9 }));
    const groupOf = test.machine.groupOf.bind(test.machine);
    test.machine.groupOf = (...asked) => {
      const group = groupOf(...asked);
      return group && { ...group, members: () => [...group.members(), leaver] };
    };
    await test.tick();
    expect(signalsOf(test, leaver.pid)).to.deep.equal([]);
  });

  it('is nothing where the violator is gone before the first signal', async () => {
    const test = aimingAt('session');
    const violator = test.machine.spawn(hog({ sessionId: SESSION }));
    const other = test.machine.spawn(small({ sessionId: SESSION }));
    test.intents.begin = async () => {
      test.machine.exit(violator.pid);
      await Promise.resolve();
    };
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['vanished']);
    expect(isRunning(test, other)).to.deep.equal([true]);
  });

  it('does not have who left it', async () => {
    const test = aimingAt('session');
    test.machine.spawn(stubbornHog({ sessionId: SESSION }));
    const leaver = test.machine.spawn(stubbornHog({ sessionId: SESSION, rssBytes: GB }));
    await test.tick();
    test.machine.change(leaver.pid, { sessionId: leaver.pid });
    await test.clock.advance(5000);
    expect(signalsOf(test, leaver.pid)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });

  it('that is refused by the kernel is refused before anybody else is signalled', async () => {
    const test = aimingAt('session');
    test.machine.spawn(hog({ sessionId: SESSION, onSignal: () => 'denied' }));
    const other = test.machine.spawn(small({ sessionId: SESSION }));
    await test.tick();
    expect(signalsOf(test, other.pid)).to.deep.equal([]);
    expect(outcomesOf(test)).to.deep.equal(['failed']);
  });

  describe('with cgroup.kill', () => {
    const scene = (member: FakeProcess = {}): { test: TestMonitor; members: ProcessIdentity[] } => {
      const test = aimingAt('cgroup');
      test.machine.hasCgroupKill = true;
      const members = [
        test.machine.spawn(stubbornHog({ cgroup: '/jobs/7' })),
        test.machine.spawn(stubbornHog({ cgroup: '/jobs/7/a', rssBytes: GB, ...member })),
      ];
      return { test, members };
    };

    it('is ended at once, when the grace period is over', async () => {
      const { test, members } = scene();
      await test.tick();
      expect(test.machine.cgroupKills).to.deep.equal([]);
      await test.clock.advance(5000);
      expect(test.machine.cgroupKills).to.deep.equal(['/jobs/7']);
      expect(isRunning(test, ...members)).to.deep.equal([false, false]);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'killed', signalled: 2 });
    });

    it('is not where a member is protected', async () => {
      const { test, members } = scene({ oomScoreAdj: -1000 });
      await test.tick();
      await test.clock.advance(5000);
      expect(test.machine.cgroupKills).to.deep.equal([]);
      expect(isRunning(test, ...members)).to.deep.equal([false, true]);
    });

    it('is not where a member can not be read', async () => {
      const { test, members } = scene();
      await test.tick();
      const unreadable = members[1]!;
      const open = test.machine.open.bind(test.machine);
      const inspect = test.machine.inspect.bind(test.machine);
      test.machine.inspect = (identity) => (identity.pid === unreadable.pid ? undefined : inspect(identity));
      test.machine.open = (identity) => (identity.pid === unreadable.pid ? undefined : open(identity));
      await test.clock.advance(5000);
      expect(test.machine.cgroupKills).to.deep.equal([]);
      expect(signalsOf(test, unreadable.pid)).to.not.include('SIGKILL');
    });
  });
});
