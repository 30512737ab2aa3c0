import { identityKey, type DetectScan } from '@memory-monitor/core';

/** The machine at one moment: what is free, and what each process has to itself. */
export interface Snapshot {
  /** Available memory and free swap. */
  readonly freeBytes: number;
  readonly privateBytes: ReadonlyMap<string, number>;
}

export function snapshotOf({ memory, samples }: Pick<DetectScan, 'memory' | 'samples'>): Snapshot {
  const privateBytes = new Map<string, number>();
  for (let row = 0; row < samples.count; row += 1) {
    const key = identityKey({ pid: samples.pid[row] ?? 0, startTime: samples.startTime[row] ?? 0 });
    privateBytes.set(key, (samples.rssBytes[row] ?? 0) - (samples.sharedBytes[row] ?? 0));
  }
  return { freeBytes: memory.availableBytes + (memory.swapFreeBytes ?? 0), privateBytes };
}

/**
 * What has come back by the end of a process. Others go on meanwhile: what those have taken who were there before is added, and what they
 * have given back is taken off, as far as they have taken more than they gave. Who is new does not count, since a fork shows all memory
 * of its parent as its own.
 */
export function returnedBytes(victim: string, before: Snapshot, after: Snapshot): number {
  let grownBytes = 0;
  for (const [key, bytes] of before.privateBytes) {
    if (key !== victim) {
      grownBytes += (after.privateBytes.get(key) ?? 0) - bytes;
    }
  }
  return after.freeBytes - before.freeBytes + Math.max(0, grownBytes);
}
