import type { ProcessInspection } from '../ports.js';
import type { Measure } from '../process.js';

/**
 * Which figure of a process counts in a violation. `anonymous` is what only a plugin asks for: anonymous memory and swap, which is
 * what ending the process gives back for certain, and which does not shrink when the kernel swaps it out.
 */
export type ViolationMeasure = Measure | 'anonymous';

/**
 * A process's memory, from what one line of `statm` tells. For `pss` it is the upper bound: a proportional share is
 * never more than what is resident, so who is below the limit by RSS needs no exact (and slow) reading. It takes numbers, so that a scan makes no object for it.
 */
export function quickMeasure(measure: Measure, rssBytes: number, sharedBytes: number): number {
  return measure === 'private' ? rssBytes - sharedBytes : rssBytes;
}

/** The same of a process that has been inspected. */
export function quickMeasureOf(measure: ViolationMeasure, inspection: ProcessInspection): number {
  const { rssBytes, sharedBytes } = inspection;
  return measure === 'anonymous'
    ? anonymousBytesOf(inspection)
    : quickMeasure(measure, rssBytes, sharedBytes);
}

/** Anonymous memory and swap. Kernels before 4.5 do not tell anonymous memory; what is not shared is about the same. */
export function anonymousBytesOf({
  anonymousBytes,
  fileBytes,
  sharedMemoryBytes,
  swapBytes,
  rssBytes,
  sharedBytes,
}: Pick<
  ProcessInspection,
  'anonymousBytes' | 'fileBytes' | 'sharedMemoryBytes' | 'swapBytes' | 'rssBytes' | 'sharedBytes'
>): number {
  const isTold = anonymousBytes + fileBytes + sharedMemoryBytes > 0;
  return (isTold ? anonymousBytes : Math.max(0, rssBytes - sharedBytes)) + swapBytes;
}
