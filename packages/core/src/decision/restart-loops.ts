import type { Clock } from '../ports.js';
import type { ProcessDetails } from '../process.js';

/** Kills of one name in one unit that are further apart than this are no loop. */
const LOOP_GAP_MS = 15 * 60_000;
const REBIRTHS_OF_A_LOOP = 3;

interface Victims {
  kills: number;
  lastMs: number;
}

/** Notices a service whose process is started again each time that it is ended. */
export class RestartLoops {
  readonly #clock: Clock;
  readonly #victims = new Map<string, Victims>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a kill. Returns the number of rebirths when it becomes a loop, once for each loop; scopes (sessions,
   * a user's own commands) are no services and never loop.
   */
  count({ unit, name }: ProcessDetails): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { lastMs }] of this.#victims) {
      if (nowMs - lastMs > LOOP_GAP_MS) {
        this.#victims.delete(key);
      }
    }
    if (unit?.endsWith('.service') !== true) {
      return undefined;
    }
    const key = `${unit}\n${name}`;
    const kills = (this.#victims.get(key)?.kills ?? 0) + 1;
    this.#victims.set(key, { kills, lastMs: nowMs });
    return kills === REBIRTHS_OF_A_LOOP + 1 ? REBIRTHS_OF_A_LOOP : undefined;
  }
}
