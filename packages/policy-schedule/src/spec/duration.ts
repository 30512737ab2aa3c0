import { DAY_MS, HOUR_MS, MINUTE_MS } from '../units.js';

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const PART = /(\d+(?:\.\d+)?)\s*([mhd])/g;
const WHOLE = /^(?:\s*\d+(?:\.\d+)?\s*[mhd])+\s*$/;
const LONGEST_MS = 366 * DAY_MS;

/** `90m`, `4h`, `1h 30m` or `2d`, in milliseconds. Throws with what is wrong. */
export function parseDuration(text: string): number {
  if (!WHOLE.test(text)) {
    throw new Error(
      `"${text}" is no duration; accepted: minutes, hours or days, as in 90m, 4h, 1h 30m or 2d`,
    );
  }
  const ms = [...text.matchAll(PART)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
  if (ms <= 0 || ms > LONGEST_MS) {
    throw new Error(`"${text}" is no sensible duration; accepted: more than nothing, and at most a year`);
  }
  return ms;
}
