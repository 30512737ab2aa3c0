import type { Measure } from '../process.js';

interface Reading {
  readonly rssBytes: number;
  readonly sharedBytes: number;
}

/**
 * A process's memory, from what one line of `statm` tells. For `pss` it is the upper bound: a proportional share is
 * never more than what is resident, so who is below the limit by RSS needs no exact (and slow) reading.
 */
export function quickMeasure(measure: Measure, { rssBytes, sharedBytes }: Reading): number {
  return measure === 'private' ? rssBytes - sharedBytes : rssBytes;
}
