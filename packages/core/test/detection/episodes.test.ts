import { TestMonitor, testConfiguration } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { always, decider } from '../support/deciders.js';
import { GB, hog, immortalHog, outcomesOf, signalsOf } from '../support/hogs.js';

const WARNS = { extensions: { deciders: [always('warn')] } };

function phasesOf(test: TestMonitor): string[] {
  return test.eventsOf('violation').map((event) => (event.phase === 'began' ? 'began' : event.endReason));
}

async function ticks(test: TestMonitor, count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) {
    await test.tick();
  }
}

describe('a violation', () => {
  it('is one violation and one decision for 100 scans under "warn"', async () => {
    const test = new TestMonitor(WARNS);
    test.machine.spawn(hog());
    await ticks(test, 100);
    expect(test.eventsOf('scan')).to.have.length(100);
    expect(test.eventsOf('violation')).to.have.length(1);
    expect(test.eventsOf('decision')).to.have.length(1);
    expect(test.eventsOf('kill')).to.have.length(0);
  });

  it('ends with the third scan below the limit', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    await ticks(test, 2);
    expect(phasesOf(test)).to.deep.equal(['began']);
    await test.tick();
    expect(phasesOf(test)).to.deep.equal(['began', 'below-limit']);
  });

  it('goes on after two scans below the limit', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    for (let round = 0; round < 3; round += 1) {
      test.machine.change(pid, { rssBytes: 3 * GB });
      await test.tick();
      test.machine.change(pid, { rssBytes: GB });
      await ticks(test, 2);
    }
    expect(phasesOf(test)).to.deep.equal(['began']);
    expect(test.eventsOf('decision')).to.have.length(1);
  });

  it('ends at the first scan that does not find the process any more', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    test.machine.exit(pid);
    await ticks(test, 2);
    expect(phasesOf(test)).to.deep.equal(['began', 'gone']);
  });

  it('is another one when another process has the PID', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    test.machine.exit(pid);
    test.machine.spawn(hog({ pid }));
    await test.tick();
    expect(phasesOf(test).sort()).to.deep.equal(['began', 'began', 'gone']);
  });

  it('is a new one when the process is over the limit again after its end', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    await ticks(test, 3);
    test.machine.change(pid, { rssBytes: 3 * GB });
    await test.tick();
    expect(phasesOf(test)).to.deep.equal(['began', 'below-limit', 'began']);
    expect(test.eventsOf('decision')).to.have.length(2);
  });

  it('ends when a reload protects the process', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    await test.monitor.reload(testConfiguration({ whitelist: { pids: [pid] } }));
    await test.tick();
    expect(phasesOf(test)).to.deep.equal(['began', 'guarded']);
  });

  it('tells deciders since when it lasts', async () => {
    const told: (readonly [number, number])[] = [];
    const curious = decider(({ sinceMs, lastedMs }) => {
      told.push([sinceMs, lastedMs]);
      return { verdict: { action: 'warn' }, reason: 'waiting' };
    });
    const test = new TestMonitor({ extensions: { deciders: [curious] } });
    const beganMs = test.clock.now();
    test.machine.spawn(hog());
    await ticks(test, 3);
    expect(told).to.deep.equal([0, 30_000, 60_000].map((lastedMs) => [beganMs, lastedMs]));
  });

  it('is told with how long it lasted when it ends', async () => {
    const test = new TestMonitor(WARNS);
    const { pid } = test.machine.spawn(hog());
    await ticks(test, 3);
    test.machine.exit(pid);
    await test.tick();
    expect(test.eventsOf('violation').at(-1)?.violation.lastedMs).to.equal(90_000);
  });

  it('is decided anew at each scan, and a verdict is told when it differs from the last one', async () => {
    const verdicts = ['warn', 'warn', 'spare', 'spare', 'warn'] as const;
    let scan = 0;
    const moody = decider(() => ({ verdict: { action: verdicts[scan++] ?? 'warn' }, reason: 'a mood' }));
    const test = new TestMonitor({ extensions: { deciders: [moody] } });
    test.machine.spawn(hog());
    await ticks(test, 5);
    expect(test.eventsOf('decision').map(({ action }) => action)).to.deep.equal(['warn', 'spare', 'warn']);
  });

  it('lasts while its termination does, so that one process is never terminated twice at once', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 1 } });
    const { pid } = test.machine.spawn(immortalHog());
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    await ticks(test, 3);
    test.machine.change(pid, { rssBytes: 3 * GB });
    await test.tick();
    expect(phasesOf(test)).to.deep.equal(['began']);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('can end once its termination is over', async () => {
    const test = new TestMonitor({ thresholds: { checkIntervalSeconds: 1 } });
    const { pid } = test.machine.spawn(immortalHog());
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    await ticks(test, 6);
    expect(outcomesOf(test)).to.deep.equal(['spared']);
    expect(phasesOf(test)).to.deep.equal(['began', 'below-limit']);
  });
});
