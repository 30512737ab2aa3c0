import type { Cron } from 'croner';

import { DAY_MS } from '../units.js';
import type { Window, WindowState } from './window.js';

/** Open for a while from each time that a cron expression names. */
export class CronWindow implements Window {
  readonly #cron: Cron;
  readonly #durationMs: number;

  constructor(cron: Cron, durationMs: number) {
    this.#cron = cron;
    this.#durationMs = durationMs;
  }

  stateAt(nowMs: number): WindowState {
    const beganMs = this.#nextAfter(nowMs - this.#durationMs);
    const isOpen = beganMs <= nowMs;
    const changeMs = isOpen ? beganMs + this.#durationMs : this.#nextAfter(nowMs);
    return { isOpen, untilMs: Math.min(nowMs + DAY_MS, changeMs) };
  }

  opensAgain(nowMs: number): boolean {
    return this.#nextAfter(nowMs - this.#durationMs) < Number.POSITIVE_INFINITY;
  }

  #nextAfter(ms: number): number {
    return this.#cron.nextRun(new Date(ms))?.getTime() ?? Number.POSITIVE_INFINITY;
  }
}
