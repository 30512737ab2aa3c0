import type { Measure } from '../process.js';

/**
 * A process's memory, from what one line of `statm` tells. For `pss` it is the upper bound: a proportional share is
 * never more than what is resident, so who is below the limit by RSS needs no exact (and slow) reading. It takes numbers, so that a scan makes no object for it.
 */
export function quickMeasure(measure: Measure, rssBytes: number, sharedBytes: number): number {
  return measure === 'private' ? rssBytes - sharedBytes : rssBytes;
}
