import { type FakeProcess, TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, signalledPids, stubbornHog } from '../support/hogs.js';

const SHARED = { rssBytes: 3 * GB, sharedBytes: 2.9 * GB };

/** Five processes that share most of their memory, each a bit larger than the one before. */
async function fiveSharers(options: TestMonitorOptions = {}, make: (more: FakeProcess) => FakeProcess = hog) {
  const test = new TestMonitor(options);
  const pids = [1, 2, 3, 4, 5].map(
    (number) => test.machine.spawn(make({ ...SHARED, rssBytes: SHARED.rssBytes + number * 4096 })).pid,
  );
  await test.tick();
  return { test, pids, largest: pids[4]! };
}

describe('violators that share their memory', () => {
  it('are ended one a scan, the largest first', async () => {
    const { test, pids } = await fiveSharers();
    for (let ended = 1; ended <= 5; ended += 1) {
      expect(signalledPids(test)).to.deep.equal(pids.toReversed().slice(0, ended));
      await test.tick();
    }
  });

  it('wait with a reason that names the one that goes first', async () => {
    const { test, largest } = await fiveSharers();
    const deferred = test.eventsOf('decision').filter(({ action }) => action === 'defer');
    expect(deferred).to.have.length(4);
    expect(new Set(deferred.map(({ reason }) => reason))).to.deep.equal(
      new Set([`most of its memory is shared: PID ${largest} goes first, then it is measured again`]),
    );
    expect(deferred[0]?.trail.at(-1)?.source).to.equal('shared-memory');
  });

  it('are let live when ending the first one has freed them', async () => {
    const { test, pids, largest } = await fiveSharers();
    for (const pid of pids) {
      test.machine.change(pid, { rssBytes: GB });
    }
    await test.tick();
    expect(signalledPids(test)).to.deep.equal([largest]);
  });

  it('wait while the first one is in its grace period', async () => {
    const { test, largest } = await fiveSharers({ thresholds: { checkIntervalSeconds: 1 } }, stubbornHog);
    for (let second = 1; second <= 4; second += 1) {
      await test.tick();
      expect(signalledPids(test)).to.deep.equal([largest]);
    }
    await test.tick();
    await test.tick();
    expect(signalledPids(test)).to.have.length(2);
  });

  it('of which none is over by private memory are all let live', async () => {
    const { test } = await fiveSharers({ settings: { measure: 'private' } });
    expect(signalledPids(test)).to.deep.equal([]);
  });

  it('but are over by private memory as well are ended at once', async () => {
    const test = new TestMonitor({ settings: { measure: 'private' } });
    for (let count = 0; count < 5; count += 1) {
      test.machine.spawn({ rssBytes: 9 * GB, sharedBytes: 6 * GB });
    }
    await test.tick();
    expect(signalledPids(test)).to.have.length(5);
  });

  it('do not wait for those of another owner', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ ...SHARED, uid: 1000 }));
    test.machine.spawn(hog({ ...SHARED, uid: 1001 }));
    await test.tick();
    expect(signalledPids(test)).to.have.length(2);
  });

  it('share nothing with violators whose memory is mostly their own', async () => {
    const test = new TestMonitor();
    test.machine.spawn(hog({ sharedBytes: 1.5 * GB }));
    test.machine.spawn(hog({ sharedBytes: 1.5 * GB }));
    test.machine.spawn(hog(SHARED));
    await test.tick();
    expect(signalledPids(test)).to.have.length(3);
  });
});
