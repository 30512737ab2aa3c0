import { Cron } from 'croner';
import * as v from 'valibot';

import { parseDates } from './spec/dates.js';
import { parseDays } from './spec/days.js';
import { parseDuration } from './spec/duration.js';
import { parseTimes } from './spec/times.js';
import { isTimeZone } from './wall-clock.js';

const SHORTEST_INTERVAL_SECONDS = 0.05;
const LONGEST_INTERVAL_SECONDS = 86_400;

/** A text that `parse` understands; what that throws is the mistake. */
function parsed<T>(parse: (text: string) => T) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );
}

/** Five fields, as in crontab(5). */
function parseCron(text: string): string {
  return new Cron(text, { paused: true, mode: '5-part' }).getPattern() ?? text;
}

/** TOML has dates of its own, which print themselves as they were written: with a time, they are refused as texts are. */
const tomlDate = v.pipe(
  v.date(),
  v.transform((date) => date.toISOString()),
);

/** Lists are taken for texts with commas: `["mon", "wed"]` as well as `"mon,wed"`. */
const list = v.union([
  v.string(),
  v.pipe(
    v.array(v.string()),
    v.minLength(1),
    v.transform((parts) => parts.join(',')),
  ),
]);

const timeZone = v.pipe(
  v.string(),
  v.check(isTimeZone, ({ input }) => `there is no time zone "${input}"; accepted: names as in Europe/Berlin`),
);

const window = v.pipe(
  v.strictObject({
    /** Told in the log and in trails. */
    name: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80))),
    days: v.optional(v.pipe(list, parsed(parseDays))),
    time: v.optional(v.pipe(list, parsed(parseTimes))),
    dates: v.optional(v.pipe(v.union([list, tomlDate]), parsed(parseDates))),
    cron: v.optional(parsed(parseCron)),
    duration: v.optional(parsed(parseDuration)),
    time_zone: v.optional(timeZone),
    check_interval: v.optional(
      v.pipe(v.number(), v.minValue(SHORTEST_INTERVAL_SECONDS), v.maxValue(LONGEST_INTERVAL_SECONDS)),
    ),
    ram_percent_threshold: v.optional(v.pipe(v.number(), v.minValue(0))),
    ram_gb_threshold: v.optional(v.pipe(v.number(), v.minValue(0))),
    /** Whether nothing is ended meanwhile. */
    suspend: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ cron, duration }) => (cron === undefined) === (duration === undefined),
    '"cron" says when a window opens and "duration" for how long: both belong together',
  ),
  v.check(
    ({ cron, days, time, dates }) => cron === undefined || (days ?? time ?? dates) === undefined,
    'a window has either "cron" or "days", "time" and "dates"',
  ),
  v.check(
    (spec) => spec.name !== undefined || changesAnything(spec),
    'the window changes nothing, and has no name for other plugins to ask for; accepted: check_interval, ram_percent_threshold, ram_gb_threshold, suspend = true',
  ),
);

/** `[plugins.config]`. */
export const configSchema = v.strictObject({
  /** That of the machine, if left out. */
  time_zone: v.optional(timeZone),
  windows: v.pipe(v.array(window), v.minLength(1)),
});

export type ScheduleConfig = v.InferOutput<typeof configSchema>;
export type WindowConfig = ScheduleConfig['windows'][number];

interface Effects {
  readonly check_interval?: number | undefined;
  readonly ram_percent_threshold?: number | undefined;
  readonly ram_gb_threshold?: number | undefined;
  readonly suspend: boolean;
}

/** One that changes nothing is there for other plugins to ask for by its name. */
export function changesAnything({
  check_interval: seconds,
  ram_percent_threshold: percent,
  ram_gb_threshold: gb,
  suspend,
}: Effects): boolean {
  return suspend || (seconds ?? percent ?? gb) !== undefined;
}
