import type { ScanColumns } from '../ports.js';
import type { ProcessSample } from '../process.js';

/** The samples of one scan, one process per index from 0 to `count`: a copy, which whoever gets it may keep. */
export type ScanSamples = Omit<ScanColumns, 'unreadable'>;

/** Copies the part of the columns that is in use. */
export function copySamples({ count, pid, startTime, uid, rssBytes, sharedBytes }: ScanColumns): ScanSamples {
  return {
    count,
    pid: pid.slice(0, count),
    startTime: startTime.slice(0, count),
    uid: uid.slice(0, count),
    rssBytes: rssBytes.slice(0, count),
    sharedBytes: sharedBytes.slice(0, count),
  };
}

/** The sample of one process. */
export function rowAt(samples: ScanSamples, index: number): ProcessSample {
  return {
    pid: samples.pid[index] ?? 0,
    startTime: samples.startTime[index] ?? 0,
    uid: samples.uid[index] ?? 0,
    rssBytes: samples.rssBytes[index] ?? 0,
    sharedBytes: samples.sharedBytes[index] ?? 0,
  };
}

/** The samples as a list of objects, for whoever sorts or groups them. */
export function rowsOf(samples: ScanSamples): ProcessSample[] {
  return Array.from({ length: samples.count }, (_, index) => rowAt(samples, index));
}
