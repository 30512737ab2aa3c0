import type { ProcessSample, ScanColumns } from '@memory-monitor/core';

/** The columns of a scan that has met these processes; what is left out of one is zero. */
export function columnsOf(...samples: readonly Partial<ProcessSample>[]): ScanColumns {
  return {
    count: samples.length,
    pid: Int32Array.from(samples, ({ pid = 0 }) => pid),
    startTime: Float64Array.from(samples, ({ startTime = 0 }) => startTime),
    uid: Uint32Array.from(samples, ({ uid = 0 }) => uid),
    rssBytes: Float64Array.from(samples, ({ rssBytes = 0 }) => rssBytes),
    sharedBytes: Float64Array.from(samples, ({ sharedBytes = 0 }) => sharedBytes),
    unreadable: 0,
  };
}
