import { within } from '../deadline.js';
import { messageOf } from '../errors.js';
import type { Clock, IntentLog, Logger } from '../ports.js';
import type { TerminationRequest, TerminationResult } from './terminator.js';

/** How long a kill waits for its record: a stalled disk must not hold it up. */
const DEADLINE_MS = 100;

/** How long an intent is kept for listeners that are at work with what was told of it: a busy disk takes seconds. */
export const LONGEST_TELLING_MS = 10_000;

/** Writes down what is about to be ended before it is, and that it is over. */
export class IntentRecorder {
  readonly #intents: () => IntentLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #isFailureTold = false;

  /** `intents` is asked each time: a reload may put another one in force. */
  constructor(intents: () => IntentLog, clock: Clock, logger: Logger) {
    this.#intents = intents;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves when the record is written, or can't be, or takes too long. */
  async begin({ violation, why }: TerminationRequest): Promise<void> {
    const { pid, startTime, name, uid, user, rssBytes } = violation.process;
    const { limitBytes, rule } = violation;
    const process = { pid, startTime, name, uid, user, rssBytes };
    const intent = { ...process, limitBytes, rule, why, atMs: this.#clock.now() };
    const written = this.#write((intents) => intents.begin(intent)).catch((error: unknown) => {
      this.#tellFailure(error);
    });
    await within((ms, abort) => this.#clock.sleep(ms, abort), DEADLINE_MS, written);
  }

  async end({ violation, stop, graceMs }: TerminationRequest, { outcome }: TerminationResult): Promise<void> {
    const written = this.#write((intents) => intents.end(violation.process, outcome)).catch(() => undefined);
    await within((ms, abort) => stop.sleep(ms, graceMs, abort), DEADLINE_MS, written);
  }

  /** Async, so that a log of a plugin's that throws at once is no more than one that rejects. */
  async #write(write: (intents: IntentLog) => Promise<void>): Promise<void> {
    await write(this.#intents());
  }

  /** One sentence, however many kills it concerns. */
  #tellFailure(error: unknown): void {
    if (!this.#isFailureTold) {
      this.#isFailureTold = true;
      const message = `Kills can not be recorded before they happen, so a crash during one would go unreported: ${messageOf(error)}`;
      this.#logger.warn({ event: 'intent' }, message);
    }
  }
}
