/** Ranks of one doubling: from one to the next is 19 to 25 % more memory. */
const RANKS_PER_DOUBLING = 4;
const BITS_BELOW = 2;

/** Enough for 16 TB in pages of 4 kB. */
export const RANKS = 32 * RANKS_PER_DOUBLING;

/** How much memory a process has, roughly: a small whole number that grows with it. */
export function rankOf(residentPages: number): number {
  const pages = Math.min(residentPages, 0xffff_ffff) >>> 0;
  const doublings = 31 - Math.clz32(pages | 1);
  const next = doublings < BITS_BELOW ? 0 : (pages >>> (doublings - BITS_BELOW)) & (RANKS_PER_DOUBLING - 1);
  return doublings * RANKS_PER_DOUBLING + next;
}

/**
 * The rank that the last of the largest has, so many of them as `most`: fewer than that rank higher, and as many or more rank as
 * high or higher. 0 if there are no more than `most` at all.
 */
export function boundaryOf(counts: Int32Array, most: number): number {
  let rank = RANKS - 1;
  for (let larger = 0; rank > 0; rank -= 1) {
    larger += counts[rank] ?? 0;
    if (larger >= most) {
      break;
    }
  }
  return rank;
}
