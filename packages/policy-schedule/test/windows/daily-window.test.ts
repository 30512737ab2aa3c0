import { expect } from 'chai';
import fc from 'fast-check';
import { IANAZone } from 'luxon';

import { parseDates } from '#src/spec/dates.js';
import { parseDays } from '#src/spec/days.js';
import { parseTimes, WHOLE_DAY } from '#src/spec/times.js';
import { Schedule } from '#src/schedule.js';
import { WallClock } from '#src/wall-clock.js';
import { DailyWindow, type DailySpec } from '#src/windows/daily-window.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const BEGIN_MS = Date.parse('2026-01-01T00:00:00Z');
const YEAR_MINUTES = 365 * DAY_MINUTES;
/** A change at 2 and at 3 o'clock, one of half an hour, one at midnight, and one at a quarter to three. */
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'Pacific/Chatham'];
/** Clocks change at such minutes only. */
const STEP_MINUTES = 15;

/** For each minute of the year, the latest minute that the wall clock has shown so far, by luxon. */
function shownMinutes(zone: string): Int32Array {
  const luxonZone = IANAZone.create(zone);
  const shown = new Int32Array(YEAR_MINUTES);
  let [latest, offset] = [Number.NEGATIVE_INFINITY, 0];
  for (let minute = 0; minute < YEAR_MINUTES; minute += 1) {
    const ms = BEGIN_MS + minute * MINUTE_MS;
    offset = minute % STEP_MINUTES === 0 ? luxonZone.offset(ms) : offset;
    latest = Math.max(latest, ms / MINUTE_MS + offset);
    shown[minute] = latest;
  }
  return shown;
}

/** Whether a window is open when the wall clock has shown so much. */
function isOpenBy({ days, dates, times }: DailySpec, shown: number): boolean {
  const today = Math.floor(shown / DAY_MINUTES);
  return [today - 1, today].some((day) => {
    const { weekday, date } = calendar(day);
    const isOn =
      (days?.has(weekday) ?? true) &&
      (dates?.some((range) => range.firstDay <= date && date <= range.lastDay) ?? true);
    const minutes = shown - day * DAY_MINUTES;
    return isOn && times.some(({ fromMinutes, toMinutes }) => fromMinutes <= minutes && minutes < toMinutes);
  });
}

function calendar(day: number): { readonly weekday: number; readonly date: number } {
  return { weekday: new Date(day * DAY_MINUTES * MINUTE_MS).getUTCDay(), date: day };
}

const FIRST_DAY = BEGIN_MS / MINUTE_MS / DAY_MINUTES;
const days = fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }), { nil: undefined });
const dates = fc.option(
  fc.array(fc.tuple(fc.integer({ min: -1, max: 366 }), fc.integer({ min: 0, max: 200 })), {
    minLength: 1,
    maxLength: 3,
  }),
  { nil: undefined },
);
const time = fc
  .tuple(fc.integer({ min: 0, max: DAY_MINUTES - 1 }), fc.integer({ min: 1, max: DAY_MINUTES - 1 }))
  .map(([fromMinutes, length]) => ({ fromMinutes, toMinutes: fromMinutes + length }));
/** Near where clocks change. */
const earlyTime = fc
  .tuple(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 1, max: 120 }))
  .map(([fromMinutes, length]) => ({ fromMinutes, toMinutes: fromMinutes + length }));
const specs: fc.Arbitrary<DailySpec> = fc
  .record({
    days,
    dates,
    times: fc.array(fc.oneof(time, earlyTime, fc.constant(WHOLE_DAY)), { minLength: 1, maxLength: 3 }),
  })
  .map((spec) => ({
    days: spec.days === undefined ? undefined : new Set(spec.days),
    dates: spec.dates?.map(([first, length]) => ({
      firstDay: FIRST_DAY + first,
      lastDay: FIRST_DAY + first + length,
    })),
    times: spec.times,
  }));

describe('a daily window', () => {
  for (const zone of ZONES) {
    it(`is open when the wall clock in ${zone} says so, each minute of a year`, () => {
      const shown = shownMinutes(zone);
      const wallClock = new WallClock(zone);
      fc.assert(
        fc.property(specs, (spec) => {
          const schedule = new Schedule([{ window: new DailyWindow(spec, wallClock) }]);
          for (let minute = 0; minute < YEAR_MINUTES; minute += 1) {
            const isOpen = schedule.at(BEGIN_MS + minute * MINUTE_MS).window !== undefined;
            if (isOpen !== isOpenBy(spec, shown[minute]!)) {
              throw new Error(
                `open: ${String(isOpen)} at ${new Date(BEGIN_MS + minute * MINUTE_MS).toISOString()}`,
              );
            }
          }
        }),
        {
          numRuns: 8,
          examples: [
            [spec({ time: '02:30-04:00' })],
            [spec({ time: '22:00-02:30' })],
            [spec({ days: 'sun' })],
          ],
        },
      );
    });
  }

  it('opens and closes to the millisecond', () => {
    const window = new DailyWindow(spec({ time: '09:00-17:00' }), new WallClock('UTC'));
    const at = (text: string) => window.stateAt(Date.parse(`2026-05-04T${text}Z`));
    expect(at('08:59:59.999')).to.deep.equal({ isOpen: false, untilMs: Date.parse('2026-05-04T09:00:00Z') });
    expect(at('09:00:00.000')).to.deep.equal({ isOpen: true, untilMs: Date.parse('2026-05-04T17:00:00Z') });
    expect(at('16:59:59.999').isOpen).to.equal(true);
    expect(at('17:00:00.000').isOpen).to.equal(false);
  });

  it('is on the day on which it opens, over midnight', () => {
    const window = new DailyWindow(spec({ days: 'fri', time: '22:00-06:00' }), new WallClock('UTC'));
    const isOpen = (text: string): boolean => window.stateAt(Date.parse(`${text}:00Z`)).isOpen;
    expect(isOpen('2026-05-08T23:00')).to.equal(true);
    expect(isOpen('2026-05-09T05:59')).to.equal(true);
    expect(isOpen('2026-05-08T05:59')).to.equal(false);
    expect(isOpen('2026-05-09T23:00')).to.equal(false);
  });

  const changes = [
    { what: 'the missing hour', time: '02:30-04:00', from: '2026-03-29T01:00', to: '2026-03-29T02:00' },
    { what: 'the doubled hour', time: '02:30-04:00', from: '2026-10-25T00:30', to: '2026-10-25T03:00' },
    {
      what: 'and ends in the doubled hour',
      time: '02:10-02:40',
      from: '2026-10-25T00:10',
      to: '2026-10-25T00:40',
    },
  ];
  for (const { what, time: times, from, to } of changes) {
    it(`that starts in ${what} is open once, without a gap`, () => {
      const window = new DailyWindow(spec({ time: times }), new WallClock('Europe/Berlin'));
      const [fromMs, toMs] = [Date.parse(`${from}Z`), Date.parse(`${to}Z`)];
      for (let ms = fromMs - 3_600_000; ms < toMs + 3_600_000; ms += MINUTE_MS) {
        expect(window.stateAt(ms).isOpen, new Date(ms).toISOString()).to.equal(fromMs <= ms && ms < toMs);
      }
    });
  }

  it('that lies in the missing hour altogether is not open on that day', () => {
    const window = new DailyWindow(spec({ time: '02:10-02:40' }), new WallClock('Europe/Berlin'));
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      expect(window.stateAt(Date.parse('2026-03-28T23:00Z') + minute * MINUTE_MS).isOpen).to.equal(false);
    }
  });
});

function spec(texts: { readonly days?: string; readonly dates?: string; readonly time?: string }): DailySpec {
  return {
    days: texts.days === undefined ? undefined : parseDays(texts.days),
    dates: texts.dates === undefined ? undefined : parseDates(texts.dates),
    times: texts.time === undefined ? [WHOLE_DAY] : parseTimes(texts.time),
  };
}
