/** Lets so much through at once, and so much a second from then on. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perMs: number;
  #tokens: number;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  constructor({ atOnce, perSecond }: Allowance) {
    this.#capacity = atOnce;
    this.#perMs = perSecond / 1000;
    this.#tokens = atOnce;
  }

  /** Whether there is one left; `amount` is taken then, and what that is too much is owed. `nowMs` is monotonic. */
  take(nowMs: number, amount = 1): boolean {
    if (nowMs > this.#filledAtMs) {
      this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
      this.#filledAtMs = nowMs;
    }
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= amount;
    return true;
  }
}

/** How much is let through. */
export interface Allowance {
  readonly atOnce: number;
  readonly perSecond: number;
}
