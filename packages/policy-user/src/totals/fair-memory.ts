import { identityKey, type Clock, type ProcessSample, type ProcessSource } from '@memory-monitor/core';

/** A reading is good for so long at least, as long as the process stays about as large. */
const READING_MS = 30_000;
/** For so many check intervals at least: no scan reads everybody, and two have to be able to add up. */
const READING_INTERVALS = 2.5;
const SIMILAR = 0.02;
/** Of one total in one scan: each reading is a program that is run. */
const MOST_READINGS = 48;
const SIDE_BY_SIDE = 8;

interface Reading {
  /** Undefined where it could not be read. */
  readonly pssBytes: number | undefined;
  readonly rssBytes: number;
  readonly atMs: number;
}

/** Memory of several processes together, shared pages counted once. */
export interface TotalMemory {
  readonly usedBytes: number;
  /** Whether readings prove on which side of each level it is; otherwise some of it is taken as it was last, or estimated. */
  readonly isProven: boolean;
}

/**
 * Adds processes up so that what they share counts once. Resident memory is an upper bound: nothing is read where that is below
 * the limit. There is no other lower bound than 0: after fork(2), parent and children have the same pages "to themselves". So
 * before a total counts as more, proportional set sizes are read, the largest processes first, a few at each scan and others at
 * the next.
 */
export class FairMemory {
  readonly #source: Pick<ProcessSource, 'inspectSlowly'>;
  readonly #clock: Clock;
  readonly #readings = new Map<string, Reading>();
  #scanMs: number | undefined;
  #goodMs = READING_MS;

  constructor(source: Pick<ProcessSource, 'inspectSlowly'>, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** To be called once a scan, with all processes that there are. */
  beginScan(processes: () => readonly ProcessSample[]): void {
    const nowMs = this.#clock.monotonicMs();
    this.#goodMs = Math.max(READING_MS, READING_INTERVALS * (nowMs - (this.#scanMs ?? nowMs)));
    this.#scanMs = nowMs;
    if (this.#readings.size > 0) {
      this.#keepOnly(new Set(processes().map(identityKey)));
    }
  }

  /** `levels`: what is asked is on which side of each of these amounts it is. */
  async total(
    processes: readonly ProcessSample[],
    levels: readonly number[],
    deadlineMs: number,
  ): Promise<TotalMemory> {
    const endMs = this.#clock.monotonicMs() + deadlineMs;
    const open = this.#isProven(processes, levels) ? [] : this.#nextToRead(processes);
    for (let begin = 0; begin < open.length; begin += SIDE_BY_SIDE) {
      const leftMs = endMs - this.#clock.monotonicMs();
      if (leftMs <= 0 || this.#isProven(processes, levels)) {
        break;
      }
      await Promise.all(open.slice(begin, begin + SIDE_BY_SIDE).map((sample) => this.#read(sample, leftMs)));
    }
    return { usedBytes: this.#estimate(processes), isProven: this.#isProven(processes, levels) };
  }

  /** What ending a process gives back, as far as is known: its proportional set size, or else what it has resident. */
  bytesOf(sample: ProcessSample): number {
    return this.#lastKnown(sample) ?? sample.rssBytes;
  }

  #keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#readings.keys()) {
      if (!keys.has(key)) {
        this.#readings.delete(key);
      }
    }
  }

  #isProven(processes: readonly ProcessSample[], levels: readonly number[]): boolean {
    let [atLeastBytes, atMostBytes] = [0, 0];
    for (const sample of processes) {
      const pssBytes = this.#fresh(sample)?.pssBytes;
      atLeastBytes += pssBytes ?? 0;
      atMostBytes += pssBytes ?? sample.rssBytes;
    }
    return levels.every((level) => atLeastBytes > level || atMostBytes <= level);
  }

  /** Those that have never been read, the largest first; then those whose reading is the oldest. */
  #nextToRead(processes: readonly ProcessSample[]): ProcessSample[] {
    const ageOf = (sample: ProcessSample): number =>
      this.#readingOf(sample)?.atMs ?? Number.NEGATIVE_INFINITY;
    return processes
      .filter((sample) => this.#fresh(sample) === undefined && sample.rssBytes > 0)
      .sort((a, b) => (ageOf(a) === ageOf(b) ? b.rssBytes - a.rssBytes : ageOf(a) - ageOf(b)))
      .slice(0, MOST_READINGS);
  }

  /**
   * Who could not be read counts by what it has to itself, and so does who has not been read yet, in the proportion of those who
   * have: of many children that share their parent's pages, none has them to itself.
   */
  #estimate(processes: readonly ProcessSample[]): number {
    let [knownBytes, knownPrivateBytes, unreadableBytes, unreadBytes] = [0, 0, 0, 0];
    for (const sample of processes) {
      const pssBytes = this.#lastKnown(sample);
      if (pssBytes !== undefined) {
        knownBytes += pssBytes;
        knownPrivateBytes += privateBytes(sample);
      } else if (this.#readingOf(sample) !== undefined) {
        unreadableBytes += privateBytes(sample);
      } else {
        unreadBytes += privateBytes(sample);
      }
    }
    const proportion = knownPrivateBytes === 0 ? 1 : Math.min(1, knownBytes / knownPrivateBytes);
    return knownBytes + unreadableBytes + unreadBytes * proportion;
  }

  #readingOf(sample: ProcessSample): Reading | undefined {
    // Nobody is near a limit most of the time: no key is made then.
    return this.#readings.size === 0 ? undefined : this.#readings.get(identityKey(sample));
  }

  #fresh(sample: ProcessSample): Reading | undefined {
    const reading = this.#readingOf(sample);
    return reading !== undefined &&
      this.#clock.monotonicMs() - reading.atMs < this.#goodMs &&
      Math.abs(sample.rssBytes - reading.rssBytes) <= SIMILAR * reading.rssBytes
      ? reading
      : undefined;
  }

  /** Its proportional set size when that was read last, and what it has grown by since. */
  #lastKnown(sample: ProcessSample): number | undefined {
    const reading = this.#readingOf(sample);
    if (reading?.pssBytes === undefined) {
      return undefined;
    }
    const grownBytes = sample.rssBytes - reading.rssBytes;
    return this.#fresh(sample) === undefined
      ? Math.min(sample.rssBytes, Math.max(0, reading.pssBytes + grownBytes))
      : reading.pssBytes;
  }

  async #read(sample: ProcessSample, deadlineMs: number): Promise<void> {
    const { pssBytes } = await this.#source.inspectSlowly(sample, { pss: true }, deadlineMs);
    const { rssBytes } = sample;
    this.#readings.set(identityKey(sample), { pssBytes, rssBytes, atMs: this.#clock.monotonicMs() });
  }
}

function privateBytes({ rssBytes, sharedBytes }: ProcessSample): number {
  return rssBytes - sharedBytes;
}
