import type { Clock } from '@memory-monitor/core';

/** Since when things have been over their limits, scan after scan without a break, and when the next of them counts. */
export class Tolerance {
  readonly #clock: Clock;
  #sinceMs = new Map<string, number>();
  #next = new Map<string, number>();
  #nextMs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  beginScan(): void {
    this.#nextMs = Infinity;
    this.#next = new Map();
  }

  /** Notes that something is over its limit in this scan. */
  note(key: string): void {
    this.#next.set(key, this.#sinceMs.get(key) ?? this.#clock.monotonicMs());
  }

  endScan(): void {
    this.#sinceMs = this.#next;
  }

  /** Whether what was noted has been over its limit for less than that. */
  isTolerated(key: string, tolerateMs: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const leftMs = tolerateMs - (nowMs - (this.#next.get(key) ?? nowMs));
    if (tolerateMs === 0 || leftMs <= 0) {
      return false;
    }
    this.comeBackIn(leftMs);
    return true;
  }

  /** A scan is wanted in so long. */
  comeBackIn(ms: number): void {
    this.#nextMs = Math.min(this.#nextMs, this.#clock.monotonicMs() + ms);
  }

  /** Milliseconds until something changes that no scan brings about; Infinity if nothing does. */
  leftMs(): number {
    return this.#nextMs - this.#clock.monotonicMs();
  }
}
