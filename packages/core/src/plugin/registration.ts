import { nearestTo } from '../config/suggest.js';
import { MonitorError } from '../errors.js';
import { EVENT_NAMES } from '../events.js';
import type { HookName } from '../hook-failure.js';
import { printable } from '../log/printable.js';

/** Types promise nothing about plain JavaScript. Throws MM_ERR_PLUGIN_SETUP, with the event that may be meant. */
export function requireEvent(event: string): void {
  const names: readonly string[] = EVENT_NAMES;
  if (!names.includes(event)) {
    const near = nearestTo(event, names);
    const advice = near === undefined ? `there are ${names.join(', ')}` : `did you mean "${near}"?`;
    throw new MonitorError('MM_ERR_PLUGIN_SETUP', `there is no event "${printable(event)}"; ${advice}`);
  }
}

/** Throws MM_ERR_PLUGIN_SETUP. */
export function requireFunction(hook: HookName, callback: unknown): void {
  if (typeof callback !== 'function') {
    throw new MonitorError('MM_ERR_PLUGIN_SETUP', `${hook} needs a function`);
  }
}
