import { TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, immortalHog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

async function started(...processes: Parameters<TestMonitor['machine']['spawn']>[0][]): Promise<TestMonitor> {
  const test = new TestMonitor();
  for (const process of processes) {
    test.machine.spawn(process);
  }
  await test.tick();
  return test;
}

describe('a termination', () => {
  it('is SIGTERM, and nothing else for a process that exits', async () => {
    const test = await started(hog());
    await test.clock.advance(20_000);
    expect(signalsOf(test)).to.not.include('SIGKILL');
    expect(test.eventsOf('kill')[0]).to.include({
      outcome: 'terminated',
      signal: 'SIGTERM',
      dryRun: false,
      tookMs: 0,
    });
  });

  it('sends SIGCONT right after SIGTERM, since a stopped process can not hear', async () => {
    const stopped = hog({
      onSignal: (signal, machine, pid) => {
        if (signal === 'SIGCONT') {
          machine.exit(pid);
        }
        return 'sent';
      },
    });
    const test = await started(stopped);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('is SIGKILL after the grace period, to the millisecond', async () => {
    const test = await started(stubbornHog());
    await test.clock.advance(4999);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    await test.clock.advance(1);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'killed', signal: 'SIGKILL', tookMs: 5000 });
  });

  it('waits as long as grace_seconds says', async () => {
    const test = new TestMonitor({ settings: { graceSeconds: 0.25 } });
    test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(250);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });

  it('is told as soon as the process exits, not at the end of the grace period', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(1234);
    test.machine.exit(pid);
    await test.clock.advance(0);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'terminated', tookMs: 1234 });
  });

  it('of ten victims takes one grace period, side by side', async () => {
    const test = await started(...Array.from({ length: 10 }, () => stubbornHog()));
    await test.clock.advance(5000);
    const kills = test.eventsOf('kill').map(({ outcome, tookMs }) => ({ outcome, tookMs }));
    expect(kills).to.deep.equal(Array.from({ length: 10 }, () => ({ outcome: 'killed', tookMs: 5000 })));
  });

  it('of many victims warns nobody of a leak', async () => {
    const warnings: string[] = [];
    const listener = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listener);
    const test = await started(...Array.from({ length: 50 }, (_, index) => stubbornHog({ uid: index + 1 })));
    await test.clock.advance(5000);
    process.off('warning', listener);
    expect(outcomesOf(test)).to.have.length(50);
    expect(warnings).to.deep.equal([]);
  });

  it('goes on beside the scans', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 1 } });
    test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(4000);
    expect(test.eventsOf('scan')).to.have.length(5);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('counts in the scan that began it, and in no other', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 1 } });
    test.machine.spawn(stubbornHog());
    test.machine.spawn(stubbornHog());
    await test.tick();
    await test.tick();
    expect(test.eventsOf('scan').map(({ killed }) => killed)).to.deep.equal([2, 0]);
  });

  describe('that is refused', () => {
    const denied = hog({ onSignal: () => 'denied' });

    it('failed, and is never tried again', async () => {
      const test = await started(denied);
      for (let tick = 0; tick < 20; tick += 1) {
        await test.tick();
      }
      expect(signalsOf(test)).to.deep.equal(['SIGTERM']);
      expect(test.eventsOf('kill')).to.have.length(1);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: undefined });
      expect(test.eventsOf('kill')[0]?.reason).to.match(/^permission denied/);
      expect(test.eventsOf('decision')).to.have.length(1);
    });

    it('failed with SIGTERM sent, if only SIGKILL is refused', async () => {
      const test = await started(hog({ onSignal: (signal) => (signal === 'SIGKILL' ? 'denied' : 'sent') }));
      await test.clock.advance(5000);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: 'SIGTERM' });
    });
  });

  describe('that SIGKILL does not end', () => {
    it('failed, is told once, and is never tried again', async () => {
      const test = await started(immortalHog());
      await test.clock.advance(19_999);
      expect(outcomesOf(test)).to.deep.equal([]);
      await test.clock.advance(1);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: 'SIGKILL', tookMs: 20_000 });
      await test.clock.advance(20 * 30_000);
      expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
      expect(test.eventsOf('kill')).to.have.length(1);
      expect(test.eventsOf('decision')).to.have.length(1);
    });

    it('is told to be stuck in the kernel', async () => {
      const test = await started(immortalHog());
      await test.clock.advance(20_000);
      expect(test.eventsOf('kill')[0]?.reason).to.match(/: it is stuck in the kernel/);
    });

    it('is told to be held by its tracer, where that is what keeps it, and the tracer gets no signal', async () => {
      const test = new TestMonitor();
      const tracer = test.machine.spawn();
      const held = test.machine.spawn(immortalHog({ heldByPid: tracer.pid }));
      await test.tick();
      await test.clock.advance(20_000);
      expect(test.eventsOf('kill')[0]?.reason).to.equal(
        `it does not exit after SIGKILL: it is held by a tracer (PID ${tracer.pid}), which has to be ended for that`,
      );
      expect(signalsOf(test)).to.deep.equal(signalsOf(test, held.pid));
    });

    it('is watched, and its exit is told', async () => {
      const test = new TestMonitor();
      const { pid } = test.machine.spawn(immortalHog());
      await test.tick();
      await test.clock.advance(10 * 30_000);
      expect(test.eventsOf('violation')).to.have.length(1);
      test.machine.exit(pid);
      await test.tick();
      expect(test.eventsOf('violation').at(-1)).to.include({ phase: 'ended', endReason: 'gone' });
    });
  });

  describe('of a process that is exiting at the end of its grace period', () => {
    const exiting = hog({
      onSignal: (signal, machine, pid) => {
        machine.change(pid, { isExiting: true, rssBytes: 0 });
        return signal === 'SIGKILL' ? 'denied' : 'sent';
      },
    });

    it('waits for the exit, without SIGKILL', async () => {
      const test = new TestMonitor();
      const { pid } = test.machine.spawn(exiting);
      await test.tick();
      await test.clock.advance(7000);
      test.machine.exit(pid);
      await test.clock.advance(0);
      expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'terminated', signal: 'SIGTERM', tookMs: 7000 });
    });

    it('failed if the exit does not come', async () => {
      const test = await started(exiting);
      await test.clock.advance(20_000);
      expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
      expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', signal: 'SIGTERM' });
    });
  });

  it('that breaks is a failure, not the end of the monitor', async () => {
    const test = new TestMonitor();
    test.machine.open = () => {
      throw new Error('no more file descriptors');
    };
    test.machine.spawn(hog());
    await test.tick();
    await test.tick();
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed', reason: 'no more file descriptors' });
    expect(test.eventsOf('scan')).to.have.length(2);
  });

  it('that broke is begun again at the next scan, three times in all', async () => {
    const test = new TestMonitor();
    const open = test.machine.open.bind(test.machine);
    test.machine.open = () => {
      throw new Error('no more file descriptors');
    };
    const { pid } = test.machine.spawn(hog());
    for (let scan = 0; scan < 5; scan += 1) {
      await test.tick();
    }
    expect(outcomesOf(test)).to.deep.equal(['failed', 'failed', 'failed']);
    test.machine.open = open;
    test.machine.exit(pid);
    test.machine.spawn(hog());
    await test.tick();
    expect(outcomesOf(test).at(-1)).to.equal('terminated');
  });

  it('confirms by the measure of the violation: private memory', async () => {
    const test = new TestMonitor({ settings: { measure: 'private' } });
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    test.machine.change(pid, { sharedBytes: 2.9 * GB });
    await test.clock.advance(5000);
    expect(outcomesOf(test)).to.deep.equal(['spared']);
  });

  it('does not SIGKILL a process whose proportional set size can not be read any more', async () => {
    const test = new TestMonitor({ settings: { measure: 'pss' } });
    test.machine.spawn(stubbornHog({ pssBytes: 3 * GB }));
    await test.tick();
    test.machine.inspectSlowly = async () => ({ commandLine: undefined, pssBytes: undefined });
    await test.clock.advance(5000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'spared', signal: 'SIGTERM' });
  });
});
