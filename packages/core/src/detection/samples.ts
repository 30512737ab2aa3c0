import type { ScanColumns } from '../ports.js';

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
