import {
  anonymousBytesOf,
  identityKey,
  rowsOf,
  type Clock,
  type DetectScan,
  type Guards,
  type ProcessInspection,
  type ProcessSample,
  type ProcessSource,
  type UserDatabase,
} from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';
import { rankOf, type Rank } from './rules.js';

/** Within the second that the detection has. */
const LOOK_UP_MS = 500;
/** The core looks at no more of a detection. */
const MOST_CANDIDATES = 8;
/** Where no rule speaks for a smaller one: the next is for the case that the first has gone by then. */
const ENOUGH_CANDIDATES = 3;
/** Each is read from `/proc`, which takes a tenth of a millisecond. */
const MOST_INSPECTED = 400;
/** Who has less than this share of the RAM is not worth ending, unless that is all that is missing. */
const WORTHWHILE_SHARE = 0.005;
const ORDER: Readonly<Record<Rank, number>> = { preferred: 0, ordinary: 1, avoided: 2 };

export interface ChoiceParts {
  readonly source: Pick<ProcessSource, 'inspect'>;
  readonly guards: Pick<Guards, 'check'>;
  readonly users: UserDatabase;
  readonly clock: Clock;
  readonly prefer: readonly RuleConfig[];
  readonly avoid: readonly RuleConfig[];
}

interface Candidate {
  readonly sample: ProcessSample;
  readonly inspection: ProcessInspection;
  /** No guard speaks up, whatever the rest of its name is. */
  readonly isCertain: boolean;
  /** What ending it gives back. */
  readonly bytes: number;
}

/**
 * Who is to go, the first one first: by what its end gives back, which is its anonymous memory and its swap. Shared memory and tmpfs
 * stay, and file-backed memory is available anyway.
 */
export async function choose(
  { samples, memory }: Pick<DetectScan, 'samples' | 'memory'>,
  leftOut: ReadonlySet<string>,
  missingBytes: number,
  parts: ChoiceParts,
): Promise<ProcessSample[]> {
  const worthwhileBytes = Math.min(missingBytes, WORTHWHILE_SHARE * memory.totalBytes);
  const { swapTotalBytes = 0, swapFreeBytes = 0 } = memory;
  const rows = rowsOf(samples)
    .sort((a, b) => privateBytes(b) - privateBytes(a))
    .filter((sample) => !leftOut.has(identityKey(sample)));
  const swappedBytes = Math.max(0, swapTotalBytes - swapFreeBytes);
  // Guards ask whose a process is: of users whom nobody has asked for yet they know nothing, and let nobody end what is theirs.
  const worthwhile = rows.filter((sample) => privateBytes(sample) + swappedBytes >= worthwhileBytes);
  const uids = new Set(worthwhile.slice(0, MOST_INSPECTED).map(({ uid }) => uid));
  await parts.users.resolve({ uids }, LOOK_UP_MS);
  const candidates = inspected(rows, swappedBytes, worthwhileBytes, parts).filter(
    ({ bytes }) => bytes >= worthwhileBytes,
  );
  return candidates
    .map((candidate) => ({ ...candidate, order: ORDER[rankIn(candidate, parts)] }))
    .sort((a, b) => a.order - b.order || b.bytes - a.bytes)
    .slice(0, MOST_CANDIDATES)
    .map(({ sample }) => sample);
}

/**
 * Reads one process after the other, by what it has resident to itself, until none of those left can have more: each of them can have
 * no more in swap than what nobody has been found to have yet. With rules all are read that are worth ending.
 */
function inspected(
  rows: readonly ProcessSample[],
  swappedBytes: number,
  worthwhileBytes: number,
  parts: ChoiceParts,
): Candidate[] {
  const candidates: Candidate[] = [];
  const hasRules = parts.prefer.length + parts.avoid.length > 0;
  let swapLeftBytes = swappedBytes;
  for (const sample of rows.slice(0, MOST_INSPECTED)) {
    const mostBytes = privateBytes(sample) + Math.max(0, swapLeftBytes);
    const hasEnough =
      !hasRules &&
      candidates.filter(({ bytes, isCertain }) => isCertain && bytes >= mostBytes).length >=
        ENOUGH_CANDIDATES;
    if (mostBytes < worthwhileBytes || hasEnough) {
      break;
    }
    const inspection = parts.source.inspect(sample);
    swapLeftBytes -= inspection?.swapBytes ?? 0;
    const isCertain = inspection === undefined ? undefined : mayGo(sample, inspection, parts);
    if (inspection !== undefined && isCertain !== undefined) {
      candidates.push({ sample, inspection, isCertain, bytes: anonymousBytesOf(inspection) });
    }
  }
  return candidates;
}

/** Whether that is certain; undefined if it may not. */
function mayGo(
  sample: ProcessSample,
  inspection: ProcessInspection,
  { guards }: ChoiceParts,
): boolean | undefined {
  const { isCommCut, isExiting, name, uid } = inspection;
  if (uid !== sample.uid || isExiting) {
    return undefined;
  }
  const protection = guards.check({ inspection, wholeName: isCommCut ? undefined : name });
  if (protection === undefined) {
    return true;
  }
  // The core reads the rest of a name that is cut, and goes on to the next if that turns out to be protected.
  return protection.guard === 'unknown-name' ? false : undefined;
}

function rankIn({ inspection }: Candidate, { users, clock, prefer, avoid }: ChoiceParts): Rank {
  const userName = users.userName(inspection.uid);
  const ageSeconds = (clock.now() - inspection.startedAtMs) / 1000;
  return rankOf({ inspection, userName, ageSeconds }, prefer, avoid);
}

function privateBytes({ rssBytes, sharedBytes }: ProcessSample): number {
  return rssBytes - sharedBytes;
}
