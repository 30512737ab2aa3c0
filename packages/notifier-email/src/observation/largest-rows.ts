import type { ScanSamples } from '@memory-monitor/core';

/** Rows of the processes with the most resident memory, largest first. */
export function largestRows({ count, rssBytes }: ScanSamples, most: number): number[] {
  let rows = Array.from({ length: count }, (_, row) => row);
  if (count > most * 2) {
    // Sorting all of them is what costs: numbers sort fast in a typed array, rows only where they can be among the largest.
    const sorted = rssBytes.slice(0, count).sort();
    const least = sorted[count - most] ?? 0;
    rows = rows.filter((row) => (rssBytes[row] ?? 0) >= least);
  }
  return rows.sort((a, b) => (rssBytes[b] ?? 0) - (rssBytes[a] ?? 0)).slice(0, most);
}
