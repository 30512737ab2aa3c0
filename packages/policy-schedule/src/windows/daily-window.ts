import type { DateRange } from '../spec/dates.js';
import type { TimeRange } from '../spec/times.js';
import { DAY_MS, MINUTE_MS } from '../units.js';
import type { WallClock } from '../wall-clock.js';
import type { Window, WindowState } from './window.js';

const WEEK_DAYS = 7;
/** The 1st of January 1970 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** Which days; both have to hold. Undefined is every day. */
export interface DailySpec {
  readonly days: ReadonlySet<number> | undefined;
  readonly dates: readonly DateRange[] | undefined;
  readonly times: readonly TimeRange[];
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Open at times of certain days. Over midnight, the day is the one on which it opens. Each end is when the wall clock first
 * shows that time: a window is open once a day, without a gap, on the days of both clock changes too.
 */
export class DailyWindow implements Window {
  readonly #spec: DailySpec;
  readonly #wallClock: WallClock;

  constructor(spec: DailySpec, wallClock: WallClock) {
    this.#spec = spec;
    this.#wallClock = wallClock;
  }

  stateAt(nowMs: number): WindowState {
    const today = Math.floor(this.#wallClock.at(nowMs) / DAY_MS);
    const spans = [today - 1, today, today + 1].flatMap((day) => this.#spansOf(day));
    const changes = spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).filter((ms) => ms > nowMs);
    return {
      isOpen: spans.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs),
      untilMs: Math.min(nowMs + DAY_MS, ...changes),
    };
  }

  /** Of dates, no more than a week of each range has to be looked at: a day of the week comes again. */
  opensAgain(nowMs: number): boolean {
    const yesterday = Math.floor(this.#wallClock.at(nowMs) / DAY_MS) - 1;
    const ranges = this.#spec.dates ?? [{ firstDay: yesterday, lastDay: Infinity }];
    return ranges.some(({ firstDay, lastDay }) => {
      const first = Math.max(firstDay, yesterday);
      const week = Array.from({ length: WEEK_DAYS }, (_, index) => first + index);
      return week.some((day) => day <= lastDay && this.#isOn(day) && this.#isOpenAfter(day, nowMs));
    });
  }

  #isOpenAfter(day: number, nowMs: number): boolean {
    return this.#spansOf(day).some(({ toMs }) => toMs > nowMs);
  }

  #spansOf(day: number): Span[] {
    return this.#isOn(day) ? this.#spec.times.map((range) => this.#spanOf(day, range)) : [];
  }

  #spanOf(day: number, { fromMinutes, toMinutes }: TimeRange): Span {
    const instantOf = (minutes: number): number =>
      this.#wallClock.firstInstant(day * DAY_MS + minutes * MINUTE_MS);
    return { fromMs: instantOf(fromMinutes), toMs: instantOf(toMinutes) };
  }

  #isOn(day: number): boolean {
    const { days, dates } = this.#spec;
    return (
      (days?.has((day + FIRST_WEEKDAY) % WEEK_DAYS) ?? true) &&
      (dates?.some(({ firstDay, lastDay }) => firstDay <= day && day <= lastDay) ?? true)
    );
  }
}
