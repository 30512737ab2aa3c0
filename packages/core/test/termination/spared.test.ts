import {
  type FakeMachine,
  type FakeProcess,
  TestMonitor,
  testConfiguration,
} from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { decider } from '../support/deciders.js';
import { GB, hog, outcomesOf, signalsOf, stubbornHog } from '../support/hogs.js';

/** A decider that lets something happen between detection and the first signal, once. */
function meanwhile(happens: (pid: number) => void) {
  let hasHappened = false;
  return decider(({ process }) => {
    if (!hasHappened) {
      hasHappened = true;
      happens(process.pid);
    }
    return undefined;
  });
}

async function detectedThen(happens: (machine: FakeMachine, pid: number) => void, process: FakeProcess = {}) {
  const deciders = [
    meanwhile((pid) => {
      happens(test.machine, pid);
    }),
  ];
  const test: TestMonitor = new TestMonitor({ extensions: { deciders } });
  test.machine.spawn(hog(process));
  await test.tick();
  return test;
}

/** A process that shrinks at every SIGTERM and grows again before the next scan. */
function yoyo(): FakeProcess {
  return stubbornHog({
    onSignal: (signal, machine, pid) => {
      if (signal === 'SIGKILL') {
        machine.exit(pid);
      } else {
        machine.change(pid, { rssBytes: GB });
      }
      return 'sent';
    },
  });
}

describe('a violator', () => {
  it('that shrinks before the first signal gets none', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.change(pid, { rssBytes: GB });
    });
    expect(signalsOf(test)).to.deep.equal([]);
    const { outcome, signal, reason } = test.eventsOf('kill')[0]!;
    expect({ outcome, signal, reason }).to.deep.equal({
      outcome: 'spared',
      signal: undefined,
      reason: 'it has shrunk to 1.00GB, its limit is 1.60GB',
    });
  });

  it('that shrinks to exactly its limit before the first signal gets none', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.change(pid, { rssBytes: 1.6 * GB });
    });
    expect(signalsOf(test)).to.deep.equal([]);
  });

  it('that vanishes before the first signal is told as vanished', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.exit(pid);
    });
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'vanished', signal: undefined });
  });

  it('that is exiting before the first signal gets none', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.change(pid, { isExiting: true });
    });
    expect(signalsOf(test)).to.deep.equal([]);
    expect(outcomesOf(test)).to.deep.equal(['vanished']);
  });

  it('that vanishes while the signal is on its way is told as vanished', async () => {
    const gone = hog({
      onSignal: (_, machine, pid) => {
        machine.exit(pid);
        return 'gone';
      },
    });
    const test = await detectedThen(() => undefined, gone);
    expect(outcomesOf(test)).to.deep.equal(['vanished']);
  });

  it('that becomes the child of the monitor before the first signal gets none', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.change(pid, { ancestors: [2, 1] });
    });
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'spared', reason: 'the monitor started it' });
  });

  it('that was replaced under its PID before the first signal leaves its successor alone', async () => {
    const test = await detectedThen((machine, pid) => {
      machine.exit(pid);
      machine.spawn(hog({ pid }));
    });
    expect(signalsOf(test)).to.deep.equal([]);
    expect(outcomesOf(test)).to.deep.equal(['vanished']);
  });

  it('that is replaced under its PID while the intent is written leaves its successor alone', async () => {
    const test = new TestMonitor();
    await test.tick();
    const { pid } = test.machine.spawn(hog());
    test.intents.disk = async () => {
      test.intents.disk = async () => {};
      test.machine.exit(pid);
      test.machine.spawn(hog({ pid }));
    };
    await test.tick();
    expect(signalsOf(test)).to.deep.equal([]);
    expect(outcomesOf(test)).to.deep.equal(['vanished']);
  });

  it('that is replaced under its PID between SIGTERM and SIGKILL leaves its successor alone', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(2000);
    test.machine.exit(pid);
    const successor = test.machine.spawn(hog({ pid }));
    await test.clock.advance(20_000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
    expect(test.machine.isRunning(successor)).to.equal(true);
  });

  it('that shrank during its grace period is spared, at most twice', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(yoyo());
    for (const outcomes of [['spared'], ['spared', 'spared'], ['spared', 'spared', 'killed']]) {
      test.machine.change(pid, { rssBytes: 3 * GB });
      await test.tick();
      await test.clock.advance(5000);
      expect(outcomesOf(test)).to.deep.equal(outcomes);
    }
    expect(test.eventsOf('kill').map(({ signal }) => signal)).to.deep.equal([
      'SIGTERM',
      'SIGTERM',
      'SIGKILL',
    ]);
  });

  it('that shrank during its grace period is spared no more often for scans below the limit meanwhile', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 1 } });
    const { pid } = test.machine.spawn(yoyo());
    test.monitor.events.on('kill', () => {
      test.machine.change(pid, { rssBytes: 3 * GB });
    });
    for (let second = 0; second < 20; second += 1) {
      await test.tick();
    }
    expect(outcomesOf(test)).to.deep.equal(['spared', 'spared', 'killed']);
  });

  it('that was spared before any signal may still be spared in its grace period', async () => {
    let timesToShrink = 3;
    const shrinking = decider(({ process }) => {
      if (timesToShrink > 0) {
        timesToShrink -= 1;
        test.machine.change(process.pid, { rssBytes: GB });
      }
      return undefined;
    });
    const test: TestMonitor = new TestMonitor({ extensions: { deciders: [shrinking] } });
    const { pid } = test.machine.spawn(stubbornHog());
    for (let tick = 0; tick < 4; tick += 1) {
      test.machine.change(pid, { rssBytes: 3 * GB });
      await test.tick();
    }
    test.machine.change(pid, { rssBytes: GB });
    await test.clock.advance(5000);
    expect(
      test.eventsOf('kill').map(({ outcome, signal }) => `${outcome} ${signal ?? 'unsignalled'}`),
    ).to.deep.equal(['spared unsignalled', 'spared unsignalled', 'spared unsignalled', 'spared SIGTERM']);
  });

  it('that a reload whitelists during its grace period gets no SIGKILL', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(2000);
    await test.monitor.reload(testConfiguration({ whitelist: { pids: [pid] } }));
    await test.clock.advance(10_000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'spared', reason: `PID ${pid} is whitelisted` });
  });

  it('gets no SIGKILL when a reload turns the monitor into a dry run during its grace period', async () => {
    const test = new TestMonitor();
    test.machine.spawn(stubbornHog());
    await test.tick();
    await test.clock.advance(2000);
    await test.monitor.reload(testConfiguration({ settings: { dryRun: true } }));
    await test.clock.advance(10_000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(test.eventsOf('kill')[0]).to.include({
      outcome: 'spared',
      reason: 'the monitor has been disarmed',
    });
  });

  it('with a cut name whose command line hangs by now gets no SIGKILL while names are whitelisted', async () => {
    const test = new TestMonitor({ whitelist: { names: [{ name: 'postgres' }] } });
    test.machine.spawn(stubbornHog({ comm: 'chromium-browse', commandLine: ['chromium-browser'] }));
    await test.tick();
    test.machine.inspectSlowly = async () => ({ commandLine: undefined, pssBytes: undefined });
    await test.clock.advance(5000);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
    expect(outcomesOf(test)).to.deep.equal(['spared']);
  });
});
