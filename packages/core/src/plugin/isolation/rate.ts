import type { Clock } from '../../ports.js';

const SECOND_MS = 1000;

/**
 * Counts what happens, or how much comes, within each second.
 * @internal
 */
export class Rate {
  readonly #clock: Clock;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more, or so many; returns how many there were within this second. */
  count(amount = 1): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    this.#count += amount;
    return this.#count;
  }
}
