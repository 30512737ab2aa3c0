import { identityKey, type Clock, type ProcessSample } from '@memory-monitor/core';

interface Seen {
  readonly rssBytes: number;
  readonly atMs: number;
  readonly bytesPerSecond: number;
}

/** How fast processes grow, from scan to scan. */
export class Growth {
  readonly #clock: Clock;
  #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called once a scan, with every process whose growth is ever asked for. */
  observe(processes: Iterable<ProcessSample>): void {
    const atMs = this.#clock.monotonicMs();
    const seen = new Map<string, Seen>();
    for (const sample of processes) {
      const key = identityKey(sample);
      seen.set(key, next(this.#seen.get(key), sample.rssBytes, atMs));
    }
    this.#seen = seen;
  }

  /** 0 for a process that has been seen only once. */
  bytesPerSecond(sample: ProcessSample): number {
    return this.#seen.get(identityKey(sample))?.bytesPerSecond ?? 0;
  }
}

function next(last: Seen | undefined, rssBytes: number, atMs: number): Seen {
  if (last === undefined) {
    return { rssBytes, atMs, bytesPerSecond: 0 };
  }
  const seconds = (atMs - last.atMs) / 1000;
  return seconds <= 0 ? last : { rssBytes, atMs, bytesPerSecond: (rssBytes - last.rssBytes) / seconds };
}
