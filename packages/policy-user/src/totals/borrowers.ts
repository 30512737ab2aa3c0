import type { Clock, ProcessSample, ProcessSource } from '@memory-monitor/core';

/** It lasts no longer until such a child has become another program, on a busy machine too. */
const YOUNG_MS = 5000;
const YOUNG_TICKS = YOUNG_MS / 10;
const SIMILAR = 0.02;
const MOST_INSPECTIONS = 64;

/**
 * Leaves out children that vfork(2) or posix_spawn(3) has just made: they run in their parent's memory until they become another
 * program, and their readings, proportional set sizes too, are the parent's own once more.
 */
export function withoutBorrowers(
  processes: readonly ProcessSample[],
  source: Pick<ProcessSource, 'inspect'>,
  clock: Clock,
): readonly ProcessSample[] {
  const newest = processes.reduce((latest, { startTime }) => Math.max(latest, startTime), 0);
  const byPid = new Map(processes.map((sample) => [sample.pid, sample]));
  const borrowers = processes
    .filter(
      (sample) =>
        sample.startTime >= newest - YOUNG_TICKS &&
        processes.some((other) => other !== sample && isAlike(sample, other)),
    )
    .sort((a, b) => b.rssBytes - a.rssBytes)
    .slice(0, MOST_INSPECTIONS)
    .filter((sample) => {
      const inspection = source.inspect(sample);
      const parent = byPid.get(inspection?.parentPid ?? 0);
      return (
        inspection !== undefined &&
        parent !== undefined &&
        clock.now() - inspection.startedAtMs < YOUNG_MS &&
        isAlike(sample, parent)
      );
    });
  return borrowers.length === 0 ? processes : processes.filter((sample) => !borrowers.includes(sample));
}

function isAlike(child: ProcessSample, parent: ProcessSample): boolean {
  return (
    Math.abs(child.rssBytes - parent.rssBytes) <= SIMILAR * parent.rssBytes &&
    Math.abs(child.sharedBytes - parent.sharedBytes) <= SIMILAR * parent.rssBytes
  );
}
