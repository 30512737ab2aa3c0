import { TestMonitor, testConfiguration } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { alwaysDefer, decider } from '../support/deciders.js';
import { hog, signalsOf } from '../support/hogs.js';

/** A monitor that scans once an hour, so that only deferrals wake it in between. */
function deferring(seconds: number, maxDeferSeconds = 60): TestMonitor {
  const test = new TestMonitor({
    thresholds: { checkIntervalSeconds: 3600 },
    settings: { maxDeferSeconds },
    extensions: { deciders: [alwaysDefer(seconds)] },
  });
  test.machine.spawn(hog());
  return test;
}

describe('a deferral', () => {
  it('is bounded by max_defer_seconds, and the loop wakes right then', async () => {
    const test = deferring(1_000_000);
    await test.tick();
    await test.clock.advance(59_999);
    expect(signalsOf(test)).to.deep.equal([]);
    await test.clock.advance(1);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('runs out after its own seconds where they are fewer, and the loop wakes right then', async () => {
    const test = deferring(10);
    await test.tick();
    await test.clock.advance(9999);
    expect(signalsOf(test)).to.deep.equal([]);
    await test.clock.advance(1);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('says in the trail why the kill stands', async () => {
    const test = deferring(10);
    await test.tick();
    await test.clock.advance(10_000);
    const { action, trail } = test.eventsOf('decision').at(-1)!;
    expect(action).to.equal('kill');
    expect(trail.at(-1)).to.include({ source: 'max-defer', reason: 'deferred for 10 s: the kill stands' });
  });

  it('is told once, however many scans it lasts', async () => {
    const test = new TestMonitor({
      thresholds: { checkIntervalSeconds: 1 },
      extensions: { deciders: [alwaysDefer(1000)] },
    });
    test.machine.spawn(hog());
    for (let tick = 0; tick < 50; tick += 1) {
      await test.tick();
    }
    expect(test.eventsOf('decision').map(({ action }) => action)).to.deep.equal(['defer']);
  });

  it('counts from the first one, and anew after another verdict in between', async () => {
    const verdicts = ['defer', 'warn', 'defer', 'defer', 'defer'] as const;
    let scan = 0;
    const moody = decider(() => {
      const action = verdicts[scan++] ?? 'defer';
      return { verdict: action === 'defer' ? { action, seconds: 60 } : { action }, reason: 'a mood' };
    });
    const test = new TestMonitor({ extensions: { deciders: [moody] } });
    test.machine.spawn(hog());
    for (const signals of [0, 0, 0, 0, 2]) {
      await test.tick();
      expect(signalsOf(test)).to.have.length(signals);
    }
  });

  it('of zero seconds is none', async () => {
    const test = deferring(0);
    await test.tick();
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });

  it('is shortened by a reload that lowers max_defer_seconds', async () => {
    const test = deferring(1000);
    await test.tick();
    await test.clock.advance(5000);
    const thresholds = { checkIntervalSeconds: 3600 };
    await test.monitor.reload(testConfiguration({ thresholds, settings: { maxDeferSeconds: 20 } }));
    await test.clock.advance(14_999);
    expect(signalsOf(test)).to.deep.equal([]);
    await test.clock.advance(1);
    expect(signalsOf(test)).to.deep.equal(['SIGTERM', 'SIGCONT']);
  });
});
