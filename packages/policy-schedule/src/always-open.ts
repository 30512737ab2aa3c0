import { DAY_MS } from './units.js';
import type { Window } from './windows/window.js';

/** So many boundaries are followed: half a year of days, or the times of a day that a cron expression names. */
const MOST_BOUNDARIES = 200;
/** Then so many moments of a year are looked at, at all times of the day. */
const MOMENTS = 400;
const APART_MS = (365 * DAY_MS) / MOMENTS;

/** Whether a window does not close in the year to come, as far as bounded work can tell. */
export function isAlwaysOpen(window: Window, nowMs: number): boolean {
  let ms = nowMs;
  for (let boundary = 0; boundary < MOST_BOUNDARIES; boundary += 1) {
    const { isOpen, untilMs } = window.stateAt(ms);
    if (!isOpen) {
      return false;
    }
    ms = untilMs;
  }
  return Array.from({ length: MOMENTS }, (_, moment) => nowMs + moment * APART_MS).every(
    (at) => window.stateAt(at).isOpen,
  );
}
