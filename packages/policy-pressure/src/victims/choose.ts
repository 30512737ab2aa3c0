import {
  anonymousBytesOf,
  identityKey,
  rowsOf,
  type Clock,
  type DetectScan,
  type Guards,
  type ProcessGroups,
  type ProcessInspection,
  type ProcessSample,
  type ProcessSource,
  type UserDatabase,
} from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';
import { rankOf, type Rank } from './rules.js';
import { Worth, type Looked, type Target } from './worth.js';

/** Within the second that the detection has. */
export const LOOK_UP_MS = 500;
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
  readonly groups: Pick<ProcessGroups, 'groupOf'>;
  readonly clock: Clock;
  readonly target: Target;
  readonly prefer: readonly RuleConfig[];
  readonly avoid: readonly RuleConfig[];
}

interface Candidate extends Looked {
  readonly sample: ProcessSample;
  /** No guard speaks up, whatever the rest of its name is. */
  readonly isCertain: boolean;
}

/**
 * Who is to go, the first one first: by what its end gives back, with all that ends with it, which is anonymous memory and swap. Shared
 * memory and tmpfs stay, and file-backed memory is available anyway.
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
  const worth = new Worth(parts.target);
  const candidates = inspected(rows, swappedBytes, worthwhileBytes, worth, parts);
  return firstOf(candidates, worthwhileBytes, worth, parts)
    .slice(0, MOST_CANDIDATES)
    .map(({ sample }) => sample);
}

/** Of whoever has enough to matter. */
export function largestOwners({
  samples,
  memory,
}: Pick<DetectScan, 'samples' | 'memory'>): ReadonlySet<number> {
  const uids = new Set<number>();
  for (let index = 0; index < samples.count; index += 1) {
    const bytes = (samples.rssBytes[index] ?? 0) - (samples.sharedBytes[index] ?? 0);
    if (bytes >= WORTHWHILE_SHARE * memory.totalBytes) {
      uids.add(samples.uid[index] ?? 0);
    }
  }
  return uids;
}

/** Until the first one is known to be ended with all that it is counted with. */
function firstOf(
  candidates: readonly Candidate[],
  worthwhileBytes: number,
  worth: Worth,
  parts: ChoiceParts,
): readonly Candidate[] {
  const inOrder = candidates
    .map((candidate) => ({
      ...candidate,
      order: ORDER[rankIn(candidate, parts)],
      givesBackBytes: worth.bytesOf(candidate),
    }))
    .filter(({ givesBackBytes }) => givesBackBytes >= worthwhileBytes)
    .sort((a, b) => a.order - b.order || b.givesBackBytes - a.givesBackBytes || b.bytes - a.bytes);
  const [first, ...others] = inOrder;
  const isFirstAnyway = (bytes: number): boolean =>
    others.every(
      (other) =>
        other.order !== first?.order || other.givesBackBytes <= bytes || worth.areTogether(first, other),
    );
  if (
    first === undefined ||
    !worth.hasTotal(first) ||
    isFirstAnyway(first.bytes) ||
    !hasProtectedMember(first, parts)
  ) {
    return inOrder;
  }
  worth.protectGroupOf(first);
  return firstOf(candidates, worthwhileBytes, worth, parts);
}

/** Small ones have not been looked at. */
function hasProtectedMember(
  { sample }: Candidate,
  { groups, source, target, ...parts }: ChoiceParts,
): boolean {
  const members = target === 'process' ? [] : (groups.groupOf(sample, target)?.members() ?? []);
  return members.some((member) => {
    const inspection = source.inspect(member);
    return inspection !== undefined && isProtection(protectionOf(inspection, parts));
  });
}

/**
 * Reads one process after the other, by what it has resident to itself, until none of those left can have more: each of them can have
 * no more in swap than what nobody has been found to have yet, and all of them together no more than what is left. With rules all are
 * read that are worth ending.
 */
function inspected(
  rows: readonly ProcessSample[],
  swappedBytes: number,
  worthwhileBytes: number,
  worth: Worth,
  parts: ChoiceParts,
): Candidate[] {
  const candidates: Candidate[] = [];
  const hasRules = parts.prefer.length + parts.avoid.length > 0;
  let swapLeftBytes = swappedBytes;
  let leftBytes = rows.reduce((sum, sample) => sum + privateBytes(sample), 0);
  for (const sample of rows.slice(0, MOST_INSPECTED)) {
    const mostBytes = privateBytes(sample) + Math.max(0, swapLeftBytes);
    const mostTogetherBytes = parts.target === 'process' ? mostBytes : leftBytes + Math.max(0, swapLeftBytes);
    const hasEnough =
      !hasRules &&
      (parts.target === 'process'
        ? candidates.filter(({ bytes, isCertain }) => isCertain && bytes >= mostBytes).length >=
          ENOUGH_CANDIDATES
        : worth.lead >= mostTogetherBytes);
    if (mostTogetherBytes < worthwhileBytes || hasEnough) {
      break;
    }
    leftBytes -= privateBytes(sample);
    const inspection = parts.source.inspect(sample);
    swapLeftBytes -= inspection?.swapBytes ?? 0;
    if (inspection?.uid !== sample.uid || inspection.isExiting) {
      continue;
    }
    const protection = protectionOf(inspection, parts);
    const isProtected = isProtection(protection);
    const looked = { inspection, bytes: anonymousBytesOf(inspection), isProtected };
    worth.add(looked);
    if (!isProtected) {
      candidates.push({ ...looked, sample, isCertain: protection === undefined });
    }
  }
  return candidates;
}

/** The core reads the rest of a name that is cut, and goes on to the next if that turns out to be protected. */
function isProtection(guard: string | undefined): boolean {
  return guard !== undefined && guard !== 'unknown-name';
}

function protectionOf(
  inspection: ProcessInspection,
  { guards }: Pick<ChoiceParts, 'guards'>,
): string | undefined {
  const { isCommCut, name } = inspection;
  return guards.check({ inspection, wholeName: isCommCut ? undefined : name })?.guard;
}

function rankIn({ inspection }: Candidate, { users, clock, prefer, avoid }: ChoiceParts): Rank {
  const userName = users.userName(inspection.uid);
  const ageSeconds = (clock.now() - inspection.startedAtMs) / 1000;
  return rankOf({ inspection, userName, ageSeconds }, prefer, avoid);
}

function privateBytes({ rssBytes, sharedBytes }: ProcessSample): number {
  return rssBytes - sharedBytes;
}
