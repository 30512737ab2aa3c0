import type { ProcessSample } from '@memory-monitor/core';

import type { Order } from '../rules/rule.js';
import type { Sparing } from './spared.js';

/** Who has less than this share of the total is not worth ending: a shell that is new is not what fills the memory. */
const WORTHWHILE_SHARE = 0.05;
/** Where nobody has as much, those count that have this share of what the largest has. */
const COMPARABLE_SHARE = 0.25;
/** The core looks at no more of a detection. */
const MOST_CANDIDATES = 8;
/** A longer name may show that the core protects a process: so large a share of others has to be left to choose from. */
const OPEN_SHARE = 0.5;
/** Each is read from `/proc`. */
const MOST_LOOKED_AT = 256;

/** Processes that are over a limit together, and what there is to know about each to choose among them. */
export interface Choice {
  readonly processes: readonly ProcessSample[];
  readonly order: Order;
  /** How much too much they have. */
  readonly excessBytes: number;
  /** No more of them may go at once. */
  readonly mostAtOnce: number;
  /** What ending it gives back. */
  readonly bytesOf: (sample: ProcessSample) => number;
  readonly growthOf: (sample: ProcessSample) => number;
  /** Whether it has to go by its own limit, or for another total. */
  readonly isGoingAnyway: (sample: ProcessSample) => boolean;
  /** Whether the last scan has named it: another would be another violation, told anew. */
  readonly isNamed: (sample: ProcessSample) => boolean;
  /** Why it may not be ended. */
  readonly sparingOf: (sample: ProcessSample) => Sparing | undefined;
  /** Whether it may turn out later that it may not be. */
  readonly isOpen: (sample: ProcessSample) => boolean;
}

/** Who goes. */
export interface Victims {
  /** One of each list is to go: its first, or else the next of the same list. */
  readonly lists: readonly (readonly [ProcessSample, ...ProcessSample[]])[];
  /** Those that were met and may not be ended. */
  readonly spared: readonly Sparing[];
}

/**
 * As many processes as it takes to bring them all together below their limit, and no more: before all others those that have to go
 * anyway.
 */
export function victims(choice: Choice): Victims {
  const { processes, bytesOf, isGoingAnyway, isNamed } = choice;
  const largestFirst = [...processes].sort((a, b) => bytesOf(b) - bytesOf(a));
  const look = new Look(choice);
  // One that no signal ends still says what is large: those that are nothing beside it need not go in its place.
  const largest = largestFirst.find((sample) => look.mayEnd(sample) || look.isBeyondReach(sample));
  if (largest === undefined) {
    return { lists: [], spared: look.spared };
  }
  const worthBytes = worthwhileBytes(bytesOf(largest), sum(processes, bytesOf));
  const worthwhile = sorted(
    largestFirst.filter((sample) => bytesOf(sample) >= worthBytes),
    choice,
  );
  const inOrder = firstOnes(isGoingAnyway, firstOnes(isNamed, worthwhile));
  const count = countOf(look.first(inOrder, choice.mostAtOnce), choice);
  const candidates = look.first(inOrder, count * MOST_CANDIDATES);
  const spare = candidates.slice(count);
  const lists = candidates
    .slice(0, count)
    .map((sample, index) => [sample, ...spare.filter((_, place) => place % count === index)] as const);
  return { lists, spared: look.spared };
}

/** How many of them give back what is too much; at least one. */
function countOf(inOrder: readonly ProcessSample[], { bytesOf, excessBytes }: Choice): number {
  let leftBytes = excessBytes;
  let count = 0;
  for (const sample of inOrder) {
    if (leftBytes <= 0) {
      break;
    }
    leftBytes -= bytesOf(sample);
    count += 1;
  }
  return Math.max(1, count);
}

/** Looks at processes one by one, at no more of them than it takes. */
class Look {
  readonly #choice: Choice;
  readonly #answers = new Map<ProcessSample, Sparing | undefined>();

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  get spared(): Sparing[] {
    return [...this.#answers.values()].filter((sparing) => sparing !== undefined);
  }

  mayEnd(sample: ProcessSample): boolean {
    if (!this.#answers.has(sample) && this.#answers.size < MOST_LOOKED_AT) {
      this.#answers.set(sample, this.#choice.sparingOf(sample));
    }
    return this.#answers.has(sample) && this.#answers.get(sample) === undefined;
  }

  isBeyondReach(sample: ProcessSample): boolean {
    return this.#answers.get(sample)?.by === 'reach';
  }

  first(inOrder: readonly ProcessSample[], count: number): ProcessSample[] {
    const found: ProcessSample[] = [];
    let open = 0;
    for (const sample of inOrder) {
      if (found.length === count) {
        break;
      }
      if (this.mayEnd(sample)) {
        const isOpen = this.#choice.isOpen(sample);
        open += isOpen ? 1 : 0;
        if (!isOpen || open <= count * OPEN_SHARE) {
          found.push(sample);
        }
      }
    }
    return found;
  }
}

function worthwhileBytes(largestBytes: number, totalBytes: number): number {
  const shareBytes = WORTHWHILE_SHARE * totalBytes;
  return largestBytes >= shareBytes ? shareBytes : COMPARABLE_SHARE * largestBytes;
}

function firstOnes(
  isFirst: (sample: ProcessSample) => boolean,
  inOrder: readonly ProcessSample[],
): ProcessSample[] {
  return [...inOrder.filter(isFirst), ...inOrder.filter((sample) => !isFirst(sample))];
}

/** Sorting is stable: of equals, the largest goes first. */
function sorted(largestFirst: ProcessSample[], { order, growthOf }: Choice): ProcessSample[] {
  switch (order) {
    case 'largest':
      return largestFirst;
    case 'newest':
      return largestFirst.sort((a, b) => b.startTime - a.startTime);
    case 'fastest-growing':
      return largestFirst.sort((a, b) => growthOf(b) - growthOf(a));
  }
}

function sum(processes: readonly ProcessSample[], bytesOf: (sample: ProcessSample) => number): number {
  return processes.reduce((bytes, sample) => bytes + bytesOf(sample), 0);
}
