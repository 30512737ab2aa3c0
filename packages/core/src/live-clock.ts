import type { Clock } from './ports.js';

/**
 * The clock that is in force: a plugin may bring its own. Monotonic time goes on from where the last clock was, and never
 * back. A clock that fails is told once and given up for the platform's: without time there is no monitor.
 */
export class LiveClock implements Clock {
  readonly #platformClock: Clock;
  #clock: Clock;
  #onFailure: (error: unknown) => void = () => undefined;
  #offsetMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#platformClock = clock;
    this.#clock = clock;
  }

  now(): number {
    return this.#ask((clock) => milliseconds(clock.now(), 'now()'));
  }

  monotonicMs(): number {
    const ms = this.#ask((clock) => milliseconds(clock.monotonicMs(), 'monotonicMs()') + this.#offsetMs);
    this.#lastMs = Math.max(this.#lastMs, ms);
    return this.#lastMs;
  }

  async sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void> {
    const clock = this.#clock;
    try {
      await clock.sleep(ms, ...aborts);
    } catch (error) {
      this.#giveUp(clock, error);
      await this.#platformClock.sleep(ms, ...aborts);
    }
  }

  /** `onFailure` is told if the new clock is given up. */
  replace(clock: Clock, onFailure: (error: unknown) => void): void {
    this.#onFailure = onFailure;
    if (clock !== this.#clock) {
      this.#goOnWith(clock, this.monotonicMs());
    }
  }

  #ask(question: (clock: Clock) => number): number {
    const clock = this.#clock;
    try {
      return question(clock);
    } catch (error) {
      this.#giveUp(clock, error);
      return question(this.#platformClock);
    }
  }

  #giveUp(clock: Clock, error: unknown): void {
    if (clock === this.#clock && clock !== this.#platformClock) {
      this.#goOnWith(this.#platformClock, this.#lastMs);
      this.#onFailure(error);
    }
  }

  #goOnWith(clock: Clock, fromMs: number): void {
    this.#clock = clock;
    this.#offsetMs = 0;
    this.#offsetMs = fromMs - this.#ask((asked) => milliseconds(asked.monotonicMs(), 'monotonicMs()'));
  }
}

/** Makes sure that a clock has given a time. `what` is the question, for the error. */
export function milliseconds(value: number, what: string): number {
  if (!Number.isFinite(value)) {
    throw new TypeError(`${what} is no number of milliseconds`);
  }
  return value;
}
