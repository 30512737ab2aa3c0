import { expect } from 'chai';
import { parse } from 'smol-toml';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';

const HOUR_MS = 3_600_000;

/** What the schema makes of one window that ends nobody. */
function windowOf(window: object) {
  return v.parse(configSchema, { windows: [{ suspend: true, ...window }] }).windows[0]!;
}

/** What it has to say against it: `path: message`. */
function issuesOf(window: object): string[] {
  const { issues = [] } = v.safeParse(configSchema, { windows: [window] });
  return issues.map(
    ({ path = [], message }) => `${path.map(({ key }) => String(key)).join('.')}: ${message}`,
  );
}

describe('the configuration of a schedule', () => {
  it('knows days by name, as ranges and as lists', () => {
    expect(windowOf({ days: 'mon-fri' }).days).to.deep.equal(new Set([1, 2, 3, 4, 5]));
    expect(windowOf({ days: 'Sat, sunday' }).days).to.deep.equal(new Set([6, 0]));
    expect(windowOf({ days: 'fri-mon' }).days).to.deep.equal(new Set([5, 6, 0, 1]));
    expect(windowOf({ days: ['tue', 'thu-fri'] }).days).to.deep.equal(new Set([2, 4, 5]));
  });

  it('knows times, over midnight and several of them', () => {
    expect(windowOf({ time: '09:00-17:00' }).time).to.deep.equal([{ fromMinutes: 540, toMinutes: 1020 }]);
    expect(windowOf({ time: '22:00-06:00' }).time).to.deep.equal([{ fromMinutes: 1320, toMinutes: 1800 }]);
    expect(windowOf({ time: '8:30-12:00, 13:00-24:00' }).time).to.deep.equal([
      { fromMinutes: 510, toMinutes: 720 },
      { fromMinutes: 780, toMinutes: 1440 },
    ]);
  });

  it('knows dates and ranges of them', () => {
    const [day] = windowOf({ dates: '2026-12-24' }).dates ?? [];
    expect(day).to.deep.equal({ firstDay: 20_811, lastDay: 20_811 });
    const toml = v.parse(configSchema, parse('windows = [{ suspend = true, dates = 2026-12-24 }]'));
    expect(toml.windows[0]?.dates).to.deep.equal([day]);
    expect(issuesOf({ suspend: true, ...parse('dates = 2026-12-24T10:00:00') })[0]).to.match(/is no date/);
    expect(windowOf({ dates: ['2026-12-24..2027-01-06'] }).dates).to.deep.equal([
      { firstDay: 20_811, lastDay: 20_824 },
    ]);
  });

  it('knows cron expressions with a duration', () => {
    expect(windowOf({ cron: '0 2 * * sun', duration: '1h 30m' })).to.include({
      cron: '0 2 * * sun',
      duration: 1.5 * HOUR_MS,
    });
  });

  const mistakes: Record<string, [window: object, message: RegExp]> = {
    'a day that there is not': [
      { days: 'mon-fry' },
      /^windows\.0\.days: "fry" is no day; accepted: mon, tue/,
    ],
    'a time that there is not': [
      { time: '9-17' },
      /^windows\.0\.time: "9-17" is no time of the day; accepted: two times/,
    ],
    'an hour that there is not': [{ time: '23:00-25:00' }, /no time of the day/],
    'a minute that there is not': [{ time: '09:60-10:00' }, /no time of the day/],
    'a time that ends when it begins': [
      { time: '09:00-09:00' },
      /begins when it ends; for the whole day leave "time" out/,
    ],
    'a date that there is not': [
      { dates: '2026-02-30' },
      /"2026-02-30" is no date; accepted: dates as in 2026-12-24/,
    ],
    'dates the wrong way round': [{ dates: '2026-02-03..2026-02-01' }, /ends before it begins/],
    'a cron expression that is none': [{ cron: 'noon', duration: '1h' }, /^windows\.0\.cron: /],
    'a cron expression with seconds': [{ cron: '0 0 2 * * *', duration: '1h' }, /^windows\.0\.cron: /],
    'a duration that is none': [
      { cron: '0 2 * * *', duration: 'long' },
      /"long" is no duration; accepted: minutes/,
    ],
    'no duration at all': [{ cron: '0 2 * * *' }, /both belong together/],
    'both ways of saying when': [
      { cron: '0 2 * * *', duration: '1h', days: 'mon' },
      /either "cron" or "days"/,
    ],
    'a time zone that there is not': [
      { time_zone: 'Europe/Atlantis' },
      /there is no time zone "Europe\/Atlantis"/,
    ],
  };
  for (const [what, [window, message]] of Object.entries(mistakes)) {
    it(`refuses ${what}`, () => {
      const issues = issuesOf({ suspend: true, ...window });
      expect(issues).to.have.length(1);
      expect(issues[0]).to.match(message);
    });
  }

  it('refuses a window that changes nothing', () => {
    expect(issuesOf({ days: 'mon' })[0]).to.match(
      /^windows\.0: the window changes nothing, and has no name .*; accepted: check_interval/,
    );
  });
});
