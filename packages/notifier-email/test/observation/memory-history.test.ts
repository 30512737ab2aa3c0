import type { ScanSamples } from '@memory-monitor/core';
import { expect } from 'chai';

import { largestRows } from '#src/observation/largest-rows.js';
import { MemoryHistory } from '#src/observation/memory-history.js';

const samples = (rows: readonly { pid: number; startTime?: number; rssBytes: number }[]): ScanSamples => ({
  count: rows.length,
  pid: Int32Array.from(rows.map(({ pid }) => pid)),
  startTime: Float64Array.from(rows.map(({ startTime = 1 }) => startTime)),
  uid: Uint32Array.from(rows.map(() => 1000)),
  rssBytes: Float64Array.from(rows.map(({ rssBytes }) => rssBytes)),
  sharedBytes: Float64Array.from(rows.map(() => 0)),
});

describe('the history of memory', () => {
  it('has what each scan has read', () => {
    const history = new MemoryHistory();
    history.record(samples([{ pid: 7, rssBytes: 10 }]), 0);
    history.record(samples([{ pid: 7, rssBytes: 30 }]), 30_000);
    expect(history.of({ pid: 7, startTime: 1 })).to.deep.equal({ atMs: [0, 30_000], bytes: [10, 30] });
  });

  it('is that of one process, and not of another one with its PID', () => {
    const history = new MemoryHistory();
    history.record(samples([{ pid: 7, rssBytes: 10 }]), 0);
    history.record(samples([{ pid: 7, startTime: 2, rssBytes: 30 }]), 30_000);
    expect(history.of({ pid: 7, startTime: 1 })).to.deep.equal({ atMs: [], bytes: [] });
    expect(history.of({ pid: 7, startTime: 2 }).bytes).to.deep.equal([30]);
  });

  it('reaches ten minutes back, in 120 points at most, the newest among them, whatever the interval', () => {
    for (const stepMs of [50, 1000, 30_000, 300_000]) {
      const history = new MemoryHistory();
      const scans = Math.min(20_000, Math.ceil(1_800_000 / stepMs));
      for (let scan = 0; scan <= scans; scan += 1) {
        history.record(samples([{ pid: 7, rssBytes: scan }]), scan * stepMs);
      }
      const { atMs, bytes } = history.of({ pid: 7, startTime: 1 });
      expect(bytes.length, String(stepMs)).to.be.at.most(120);
      expect(bytes.at(-1)).to.equal(scans);
      const reachesMs = (atMs.at(-1) ?? 0) - (atMs[0] ?? 0);
      expect(reachesMs).to.be.within(Math.min(590_000, scans * stepMs - 5000), 600_000);
    }
  });

  it('begins anew where the clock was set back: time goes one way in a picture', () => {
    const history = new MemoryHistory();
    for (const atMs of [900_000, 930_000, 960_000, 300_000, 330_000]) {
      history.record(samples([{ pid: 7, rssBytes: atMs }]), atMs);
    }
    expect(history.of({ pid: 7, startTime: 1 }).atMs).to.deep.equal([300_000, 330_000]);
  });

  it('follows the largest, and forgets who has gone', () => {
    const history = new MemoryHistory();
    const many = Array.from({ length: 500 }, (_, index) => ({ pid: index + 1, rssBytes: index }));
    history.record(samples(many), 0);
    expect(history.of({ pid: 500, startTime: 1 }).bytes).to.deep.equal([499]);
    expect(history.of({ pid: 400, startTime: 1 }).bytes).to.deep.equal([]);
    history.record(samples([]), 1);
    expect(history.of({ pid: 500, startTime: 1 }).bytes).to.deep.equal([]);
  });
});

describe('the largest rows', () => {
  it('are the largest, the largest first, however many are equal', () => {
    const sizes = [5, 1, 9, 9, 9, 2, 9, 0, 3, 3];
    const rows = sizes.map((rssBytes, index) => ({ pid: index, rssBytes }));
    expect(largestRows(samples(rows), 3).map((row) => sizes[row])).to.deep.equal([9, 9, 9]);
    expect(largestRows(samples(rows), 5).map((row) => sizes[row])).to.deep.equal([9, 9, 9, 9, 5]);
    expect(largestRows(samples(rows), 20)).to.have.length(10);
  });
});
