import { within } from '../deadline.js';
import { messageOf } from '../errors.js';
import type { MonitorEmitter } from '../events.js';
import type { Clock, IntentLog, Logger, UnfinishedIntent } from '../ports.js';
import { LONGEST_TELLING_MS } from './intent-recorder.js';

/** Tells what a run before this one had begun and not ended. Each intent lasts until it has been told: this run may crash too. */
export class Recovery {
  readonly #intents: () => IntentLog;
  readonly #events: MonitorEmitter;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #underWay: Promise<void>[] = [];

  constructor(intents: () => IntentLog, events: MonitorEmitter, clock: Clock, logger: Logger) {
    this.#intents = intents;
    this.#events = events;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves when everything was told; listeners may still be at work with it. Never rejects. */
  async tell(): Promise<void> {
    try {
      for (const intent of await this.#intents().recover()) {
        const { pid, startTime, name, user, why, isStillRunning } = intent;
        const event = { process: { pid, startTime, name, user }, isStillRunning, why };
        this.#underWay.push(this.#forget(intent, this.#events.tell('recovered', event)));
      }
    } catch (error) {
      this.#warn(`What an earlier run had begun can not be read: ${messageOf(error)}`);
    }
  }

  /** Resolves when nothing of it is under way any more. Never rejects. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #forget(intent: UnfinishedIntent, told: Promise<void>): Promise<void> {
    await within((ms, abort) => this.#clock.sleep(ms, abort), LONGEST_TELLING_MS, told);
    try {
      await this.#intents().forget(intent);
    } catch (error) {
      this.#warn(
        `What an earlier run had begun can not be struck off, and will be told again: ${messageOf(error)}`,
      );
    }
  }

  #warn(message: string): void {
    this.#logger.warn({ event: 'intent' }, message);
  }
}
