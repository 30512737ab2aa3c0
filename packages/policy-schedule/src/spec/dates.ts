import { DAY_MS } from '../units.js';

/** Days of the calendar, in days since 1970; both ends are part of it. */
export interface DateRange {
  readonly firstDay: number;
  readonly lastDay: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Dates as `2026-12-24` or `2026-12-24..2027-01-06`, or several of them with commas. Throws with what is wrong. */
export function parseDates(text: string): readonly DateRange[] {
  return text.split(',').map((part) => parseRange(part.trim()));
}

function parseRange(text: string): DateRange {
  const [first, last = first, ...rest] = text.split('..').map((date) => parseDate(date.trim()));
  if (first === undefined || last === undefined || rest.length > 0) {
    throw new Error(`"${text}" is no range of dates; accepted: two of them, as in 2026-12-24..2027-01-06`);
  }
  if (last < first) {
    throw new Error(`"${text}" ends before it begins`);
  }
  return { firstDay: first, lastDay: last };
}

function parseDate(text: string): number {
  const ms = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw new Error(`"${text}" is no date; accepted: dates as in 2026-12-24`);
  }
  return ms / DAY_MS;
}
