import { setMaxListeners } from 'node:events';

import type { Clock } from '../ports.js';

/** The monitor's stop, as those see it who have something under way: it has begun, and when it has to be over. */
export class Stop {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  #beganAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Every termination listens while it sleeps; Node takes more than ten listeners for a leak, and says so.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get hasBegun(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Begins the stop; a second call changes nothing. */
  begin(): void {
    if (!this.hasBegun) {
      this.#beganAtMs = this.#clock.monotonicMs();
      this.#controller.abort();
    }
  }

  /** Sleeps for `ms`; once the monitor is stopping, until no later than `stopMs` after the stop began. */
  async sleep(ms: number, stopMs: number, abort: AbortSignal): Promise<void> {
    const endMs = this.#clock.monotonicMs() + ms;
    await this.#clock.sleep(ms, abort, this.signal);
    if (this.hasBegun && !abort.aborted) {
      const lastMs = Math.min(endMs, this.#beganAtMs + stopMs);
      await this.#clock.sleep(Math.max(0, lastMs - this.#clock.monotonicMs()), abort);
    }
  }
}
