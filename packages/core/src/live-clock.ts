import type { Clock } from './ports.js';

/** The clock that is in force: a plugin may bring its own. Monotonic time goes on from where the last clock was. */
export class LiveClock implements Clock {
  #clock: Clock;
  #offsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.#offsetMs;
  }

  async sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void> {
    await this.#clock.sleep(ms, ...aborts);
  }

  replace(clock: Clock): void {
    if (clock !== this.#clock) {
      this.#offsetMs = this.monotonicMs() - clock.monotonicMs();
      this.#clock = clock;
    }
  }
}
