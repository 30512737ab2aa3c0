import type { ProcessSample } from '@memory-monitor/core';

import type { Order } from '../rules/rule.js';

/** Who has less than this share of the total is not worth ending: a shell that is new is not what fills the memory. */
const WORTHWHILE_SHARE = 0.05;

/**
 * Who goes first when processes together are over a limit: before all others one that has to go by its own limit anyway. What
 * they have to themselves counts: that is what comes back.
 */
export function victims(
  processes: readonly ProcessSample[],
  order: Order,
  growthOf: (sample: ProcessSample) => number,
  isGoingAnyway: (sample: ProcessSample) => boolean,
): ProcessSample[] {
  const largestFirst = [...processes].sort((a, b) => privateBytes(b) - privateBytes(a));
  const totalBytes = largestFirst.reduce((sum, sample) => sum + privateBytes(sample), 0);
  const worthwhile = largestFirst.filter((sample) => privateBytes(sample) >= WORTHWHILE_SHARE * totalBytes);
  const candidates = worthwhile.length > 0 ? worthwhile : largestFirst;
  const inOrder = sorted(candidates, order, growthOf);
  const going = inOrder.filter(isGoingAnyway);
  return [...going, ...inOrder.filter((sample) => !going.includes(sample))];
}

/** Sorting is stable: of equals, the largest goes first. */
function sorted(
  candidates: ProcessSample[],
  order: Order,
  growthOf: (sample: ProcessSample) => number,
): ProcessSample[] {
  switch (order) {
    case 'largest':
      return candidates;
    case 'newest':
      return candidates.sort((a, b) => b.startTime - a.startTime);
    case 'fastest-growing':
      return candidates.sort((a, b) => growthOf(b) - growthOf(a));
  }
}

function privateBytes({ rssBytes, sharedBytes }: ProcessSample): number {
  return rssBytes - sharedBytes;
}
