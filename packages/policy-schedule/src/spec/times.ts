import { DAY_MINUTES } from '../units.js';

/** Part of a day, in minutes since its midnight; the end is not part of it. Over midnight, the end is that of the next day. */
export interface TimeRange {
  readonly fromMinutes: number;
  readonly toMinutes: number;
}

const RANGE = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/;

export const WHOLE_DAY: TimeRange = { fromMinutes: 0, toMinutes: DAY_MINUTES };

/** Times of the day as `09:00-17:00`, `22:00-06:00` (over midnight), or several of them with commas. Throws with what is wrong. */
export function parseTimes(text: string): readonly TimeRange[] {
  return text.split(',').map((part) => parseRange(part.trim()));
}

function parseRange(text: string): TimeRange {
  const match = RANGE.exec(text);
  const [fromHour, fromMinute, toHour, toMinute] = (match ?? []).slice(1).map(Number);
  const [fromMinutes, toMinutes] = [minutesOf(fromHour, fromMinute), minutesOf(toHour, toMinute)];
  if (fromMinutes === undefined || toMinutes === undefined || fromMinutes === DAY_MINUTES) {
    throw new Error(`"${text}" is no time of the day; accepted: two times, as in 09:00-17:00 or 22:00-06:00`);
  }
  if (fromMinutes === toMinutes) {
    throw new Error(`"${text}" begins when it ends; for the whole day leave "time" out`);
  }
  return { fromMinutes, toMinutes: toMinutes < fromMinutes ? toMinutes + DAY_MINUTES : toMinutes };
}

function minutesOf(hour = Number.NaN, minute = Number.NaN): number | undefined {
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= DAY_MINUTES ? minutes : undefined;
}
