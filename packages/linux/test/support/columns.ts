import type { ProcessSample, ScanColumns } from '@memory-monitor/core';

/** The samples of a scan as objects, in the order of their PIDs. */
export function samplesOf(columns: ScanColumns): ProcessSample[] {
  return Array.from({ length: columns.count }, (_, index) => ({
    pid: columns.pid[index]!,
    startTime: columns.startTime[index]!,
    uid: columns.uid[index]!,
    rssBytes: columns.rssBytes[index]!,
    sharedBytes: columns.sharedBytes[index]!,
  })).sort((a, b) => a.pid - b.pid);
}

/** The one sample of a PID; undefined if there is none. */
export function sampleOf(columns: ScanColumns, pid: number): ProcessSample | undefined {
  const found = samplesOf(columns).filter((sample) => sample.pid === pid);
  if (found.length > 1) {
    throw new Error(`PID ${pid} is there ${found.length} times`);
  }
  return found[0];
}
