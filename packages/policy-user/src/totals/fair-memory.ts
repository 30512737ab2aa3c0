import { identityKey, type Clock, type ProcessSample, type ProcessSource } from '@memory-monitor/core';

/** A reading is good for so long, as long as the process stays about as large. */
const READING_MS = 30_000;
const SIMILAR = 0.02;
/** Each reading is a program that is run. */
const MOST_READINGS = 48;
const SIDE_BY_SIDE = 8;

interface Reading {
  readonly pssBytes: number;
  readonly rssBytes: number;
  readonly atMs: number;
}

/** Memory of several processes together, shared pages counted once. */
export interface TotalMemory {
  /** At least this much is in use. */
  readonly atLeastBytes: number;
  readonly atMostBytes: number;
}

/**
 * Adds processes up so that what they share counts once. Private memory is a lower bound and resident memory an upper one; only where
 * a limit lies in between are proportional set sizes read, of those who share the most first, until it does no more.
 */
export class FairMemory {
  readonly #source: Pick<ProcessSource, 'inspectSlowly'>;
  readonly #clock: Clock;
  readonly #readings = new Map<string, Reading>();

  constructor(source: Pick<ProcessSource, 'inspectSlowly'>, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** `isDecided`: whether these bounds are near enough. */
  async total(
    processes: readonly ProcessSample[],
    isDecided: (total: TotalMemory) => boolean,
    deadlineMs: number,
  ): Promise<TotalMemory> {
    let bounds = this.#bounds(processes);
    if (isDecided(bounds)) {
      return bounds;
    }
    const endMs = this.#clock.monotonicMs() + deadlineMs;
    const open = processes
      .filter((sample) => sample.sharedBytes > 0 && this.#known(sample) === undefined)
      .sort((a, b) => b.sharedBytes - a.sharedBytes)
      .slice(0, MOST_READINGS);
    for (let begin = 0; begin < open.length; begin += SIDE_BY_SIDE) {
      const leftMs = endMs - this.#clock.monotonicMs();
      if (leftMs <= 0 || isDecided(bounds)) {
        break;
      }
      await Promise.all(open.slice(begin, begin + SIDE_BY_SIDE).map((sample) => this.#read(sample, leftMs)));
      bounds = this.#bounds(processes);
    }
    return bounds;
  }

  /** Forgets the processes that are not among these any more. */
  keepOnly(processes: () => readonly ProcessSample[]): void {
    if (this.#readings.size === 0) {
      return;
    }
    const keys = new Set(processes().map(identityKey));
    for (const key of this.#readings.keys()) {
      if (!keys.has(key)) {
        this.#readings.delete(key);
      }
    }
  }

  #bounds(processes: readonly ProcessSample[]): TotalMemory {
    let [atLeastBytes, atMostBytes] = [0, 0];
    for (const sample of processes) {
      const pssBytes = this.#known(sample);
      atLeastBytes += pssBytes ?? sample.rssBytes - sample.sharedBytes;
      atMostBytes += pssBytes ?? sample.rssBytes;
    }
    return { atLeastBytes, atMostBytes };
  }

  #known(sample: ProcessSample): number | undefined {
    // Nobody is near a limit most of the time: no key is made then.
    const reading = this.#readings.size === 0 ? undefined : this.#readings.get(identityKey(sample));
    return reading !== undefined &&
      this.#clock.monotonicMs() - reading.atMs < READING_MS &&
      Math.abs(sample.rssBytes - reading.rssBytes) <= SIMILAR * reading.rssBytes
      ? reading.pssBytes
      : undefined;
  }

  async #read(sample: ProcessSample, deadlineMs: number): Promise<void> {
    const { pssBytes } = await this.#source.inspectSlowly(sample, { pss: true }, deadlineMs);
    if (pssBytes !== undefined) {
      const { rssBytes } = sample;
      this.#readings.set(identityKey(sample), { pssBytes, rssBytes, atMs: this.#clock.monotonicMs() });
    }
  }
}
