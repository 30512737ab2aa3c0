import { MonitorError } from '../errors.js';
import type { HookOptions } from './host.js';

/** Plugins are plain JavaScript in the end: a deadline of "1s" or NaN would be none. */
export function deadlineOf({ deadlineMs }: HookOptions, byDefaultMs: number): number {
  if (deadlineMs === undefined) {
    return byDefaultMs;
  }
  if (!Number.isFinite(deadlineMs) || deadlineMs <= 0) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_SETUP',
      `deadlineMs is ${String(deadlineMs)}; accepted: milliseconds, more than 0`,
    );
  }
  return deadlineMs;
}
