import type { LimitsOverride, ScanColumns } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { detect } from '#src/detection/detect.js';
import { Episodes } from '#src/detection/episodes.js';
import { LimitTable } from '#src/detection/limit-table.js';
import { GB, PAGE_BYTES } from '../support/hogs.js';

/** One process for each size, with PIDs from 0. */
function columnsOf(...sizes: readonly number[]): ScanColumns {
  return {
    count: sizes.length,
    pid: Int32Array.from(sizes.keys()),
    startTime: new Float64Array(sizes.length),
    uid: new Uint32Array(sizes.length),
    rssBytes: Float64Array.from(sizes),
    sharedBytes: new Float64Array(sizes.length),
    unreadable: 0,
  };
}

function candidatesOf(columns: ScanColumns, overrides: readonly LimitsOverride[] = []): number[] {
  const limits = { percentOfRam: 100, bytes: 2 * GB };
  const settings = {
    limits,
    measure: 'rss',
    overrides,
    table: new LimitTable(new FakeClock()),
    ramBytes: 16 * GB,
    onFailure: () => {},
  } as const;
  return detect(columns, settings, new Episodes()).map(({ sample }) => sample.pid);
}

describe('looking through the samples of a scan', () => {
  const around = columnsOf(2 * GB - PAGE_BYTES, 2 * GB, 2 * GB + PAGE_BYTES);
  const silent = { plugin: 'silent', limitsFor: () => undefined };

  it('finds who is over the limit, and not who is at it', () => {
    expect(candidatesOf(around)).to.deep.equal([2]);
  });

  it('finds the same where plugins are asked and have no opinion', () => {
    expect(candidatesOf(around, [silent])).to.deep.equal([2]);
  });

  it('reads no further than the count: the arrays may be longer', () => {
    expect(candidatesOf({ ...columnsOf(3 * GB, 3 * GB, 3 * GB), count: 1 })).to.deep.equal([0]);
  });
});
