import type { Violation } from '../detection/violation.js';

/** Whether most of what the process has in memory is shared: file-backed, or shared memory. */
function isMostlyShared({ process }: Violation): boolean {
  return process.sharedBytes > process.rssBytes / 2;
}

/**
 * Which violators have to wait for another one. Processes of one owner that are over the limit mostly by shared memory
 * may all show the same pages; ending the largest and measuring again ends fewer of them.
 *
 * Takes the violations that would be ended now, and those whose termination is under way. Returns, for each that has to
 * wait, the one that goes first.
 */
export function waitingForSharers(
  violations: readonly Violation[],
  underWay: readonly Violation[],
): ReadonlyMap<Violation, Violation> {
  const firstOfOwner = new Map(
    underWay.filter(countsShared).map((violation) => [violation.process.uid, violation]),
  );
  const waiting = new Map<Violation, Violation>();
  for (const violation of violations.filter(countsShared).sort((a, b) => b.usedBytes - a.usedBytes)) {
    const first = firstOfOwner.get(violation.process.uid);
    if (first === undefined) {
      firstOfOwner.set(violation.process.uid, violation);
    } else {
      waiting.set(violation, first);
    }
  }
  return waiting;
}

/** With `private` and `anonymous`, shared memory does not count at all: the violator is over the limit on its own. */
function countsShared(violation: Violation): boolean {
  const { measure } = violation;
  return measure !== 'private' && measure !== 'anonymous' && isMostlyShared(violation);
}
