import { TestMonitor, testConfiguration } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalledPids, stubbornHog } from '../support/hogs.js';

describe('what has been told once', () => {
  it('a signal that was refused: not again when the process has been below its limit for long in between', async () => {
    const test = new TestMonitor();
    const { pid } = test.machine.spawn(hog({ onSignal: () => 'denied' }));
    await test.tick();
    test.machine.change(pid, { rssBytes: GB });
    for (let scan = 0; scan < 5; scan += 1) {
      await test.tick();
    }
    test.machine.change(pid, { rssBytes: 3 * GB });
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['failed']);
    expect(test.machine.signals).to.have.lengthOf(1);
  });

  it('what a dry run would do to processes that share memory: one of them, as an armed run would', async () => {
    const test = new TestMonitor({ settings: { dryRun: true } });
    for (let sharer = 0; sharer < 5; sharer += 1) {
      test.machine.spawn(hog({ sharedBytes: 2.9 * GB }));
    }
    for (let scan = 0; scan < 4; scan += 1) {
      await test.tick();
    }
    expect(outcomesOf(test)).to.deep.equal(['dry-run']);
  });

  it('a termination: a victim that is whitelisted and back within its grace period gets no second one', async () => {
    const thresholds = { checkIntervalSeconds: 1 };
    const test = new TestMonitor({ thresholds });
    const { pid } = test.machine.spawn(stubbornHog());
    await test.tick();
    await test.monitor.reload(testConfiguration({ thresholds, whitelist: { pids: [pid] } }));
    await test.tick();
    await test.monitor.reload(testConfiguration({ thresholds }));
    await test.tick();
    await test.clock.advance(5000);
    expect(signalledPids(test)).to.deep.equal([pid]);
    expect(test.machine.signals.map(({ signal }) => signal)).to.deep.equal(['SIGTERM', 'SIGCONT', 'SIGKILL']);
    expect(outcomesOf(test)).to.deep.equal(['killed']);
  });
});
