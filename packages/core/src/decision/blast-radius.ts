import type { Clock } from '../ports.js';
import type { ProcessDetails } from '../process.js';

const WINDOW_MS = 60_000;

/** At most so many kills a minute for one owner, and for one systemd unit: a wrong rule must not empty a machine. */
export class BlastRadius {
  readonly #clock: Clock;
  readonly #killsAtMs = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same counts, apart. */
  copy(): BlastRadius {
    const copy = new BlastRadius(this.#clock);
    for (const [key, times] of this.#killsAtMs) {
      copy.#killsAtMs.set(key, times);
    }
    return copy;
  }

  /** Counts a kill if it is within the cap; otherwise says which cap is reached, in words. */
  claim(process: ProcessDetails, maxKillsPerMinute: number): string | undefined {
    const sinceMs = this.#clock.monotonicMs() - WINDOW_MS;
    const groups = [
      { key: `uid ${process.uid}`, words: `user ${process.user}` },
      ...(process.unit === undefined ? [] : [{ key: `unit ${process.unit}`, words: `unit ${process.unit}` }]),
    ];
    this.#forgetBefore(sinceMs);
    for (const { key, words } of groups) {
      if ((this.#killsAtMs.get(key)?.length ?? 0) >= maxKillsPerMinute) {
        return `the cap of ${maxKillsPerMinute} kills a minute is reached for ${words}`;
      }
    }
    for (const { key } of groups) {
      this.#killsAtMs.set(key, [...(this.#killsAtMs.get(key) ?? []), sinceMs + WINDOW_MS]);
    }
    return undefined;
  }

  #forgetBefore(sinceMs: number): void {
    for (const [key, times] of this.#killsAtMs) {
      const recent = times.filter((atMs) => atMs > sinceMs);
      if (recent.length === 0) {
        this.#killsAtMs.delete(key);
      } else {
        this.#killsAtMs.set(key, recent);
      }
    }
  }
}
