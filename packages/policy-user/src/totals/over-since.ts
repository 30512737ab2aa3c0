import type { Clock } from '@memory-monitor/core';

/** Since when things have been over their limits without a break, scan after scan. */
export class OverSince {
  readonly #clock: Clock;
  #sinceMs = new Map<string, number>();
  #next = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  beginScan(): void {
    this.#next = new Map();
  }

  /** Notes that something is over its limit in this scan. */
  note(key: string): void {
    this.#next.set(key, this.#sinceMs.get(key) ?? this.#clock.monotonicMs());
  }

  endScan(): void {
    this.#sinceMs = this.#next;
  }

  /** For how long it has been; 0 if it is not. */
  lastedMs(key: string): number {
    const sinceMs = this.#next.get(key);
    return sinceMs === undefined ? 0 : this.#clock.monotonicMs() - sinceMs;
  }
}
