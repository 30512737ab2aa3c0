import { MonitorError } from '../errors.js';
import type { HookOptions } from './host.js';

/** The deadline of a kind of hook, in milliseconds. */
export interface HookDeadline {
  readonly byDefaultMs: number;
  /** The longest that a plugin may ask for: what the loop waits for must not stop it. */
  readonly mostMs: number;
}

const WAITED_FOR_MS = 5000;
const BESIDE_THE_LOOP_MS = 3_600_000;

export const DECIDE_DEADLINE: HookDeadline = { byDefaultMs: 1000, mostMs: WAITED_FOR_MS };
export const DETECT_DEADLINE: HookDeadline = { byDefaultMs: 500, mostMs: WAITED_FOR_MS };
export const INTERVAL_DEADLINE: HookDeadline = { byDefaultMs: 500, mostMs: WAITED_FOR_MS };
/** Nothing waits for a listener. */
export const LISTENER_DEADLINE: HookDeadline = { byDefaultMs: 10_000, mostMs: BESIDE_THE_LOOP_MS };
export const START_DEADLINE: HookDeadline = { byDefaultMs: 10_000, mostMs: 60_000 };
export const DISPOSE_DEADLINE: HookDeadline = { byDefaultMs: 2000, mostMs: 30_000 };

/**
 * Plugins are plain JavaScript in the end: a deadline of "1s" or NaN would be none. Throws MM_ERR_PLUGIN_SETUP for what is no
 * deadline, or too long a one.
 */
export function deadlineOf({ deadlineMs }: HookOptions, { byDefaultMs, mostMs }: HookDeadline): number {
  if (deadlineMs === undefined) {
    return byDefaultMs;
  }
  if (!Number.isFinite(deadlineMs) || deadlineMs <= 0 || deadlineMs > mostMs) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_SETUP',
      `deadlineMs is ${String(deadlineMs)}; accepted: milliseconds, more than 0 and at most ${mostMs}`,
    );
  }
  return deadlineMs;
}
