import { tzOffset } from '@date-fns/tz';

import { DAY_MS, MINUTE_MS } from './units.js';

/** What a wall clock shows, as milliseconds: of the same date and time in UTC, since 1970. */
export type WallTime = number;

/** The clock on a wall in one time zone. It jumps twice a year, so that an hour is missing or doubled. */
export class WallClock {
  readonly #timeZone: string | undefined;

  /**
   * `timeZone`: an IANA name, such as `Europe/Berlin`; undefined for that of this machine, which spares Node the 8 MB that
   * `Intl` takes.
   */
  constructor(timeZone: string | undefined) {
    this.#timeZone = timeZone;
  }

  /** What it shows at an instant. */
  at(ms: number): WallTime {
    return ms + this.#offsetMs(ms);
  }

  /**
   * The first instant at which it shows `wallTime` or more: of two in a doubled hour the earlier one, and the jump itself for a
   * time that is missing.
   */
  firstInstant(wallTime: WallTime): number {
    const before = this.#offsetMs(wallTime - DAY_MS);
    const after = this.#offsetMs(wallTime + DAY_MS);
    const candidates = [wallTime - before, wallTime - after].filter((ms) => this.at(ms) === wallTime);
    return candidates.length > 0
      ? Math.min(...candidates)
      : this.#jump(wallTime - after, wallTime - before, after);
  }

  /** Where the offset becomes `after`, between two instants. */
  #jump(earlier: number, later: number, after: number): number {
    let [low, high] = [earlier, later];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetMs(middle) === after) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  #offsetMs(ms: number): number {
    const date = new Date(ms);
    const minutes = this.#timeZone === undefined ? -date.getTimezoneOffset() : tzOffset(this.#timeZone, date);
    return minutes * MINUTE_MS;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
