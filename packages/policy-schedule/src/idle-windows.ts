import { isAlwaysOpen } from './always-open.js';
import type { WindowConfig } from './config.js';
import type { ScheduledWindow } from './scheduled-window.js';
import { DAY_MS } from './units.js';

/** The last place on earth where a day ends is half a day behind UTC. */
const LATEST_DAY_END_MS = 1.5 * DAY_MS;

/** Sentences about windows that are never in force any more, or always. */
export function idleWindows(
  configs: readonly WindowConfig[],
  windows: readonly ScheduledWindow[],
  nowMs: number,
): string[] {
  const always = windows.filter(
    ({ window, changesAnything }, index) =>
      changesAnything && configs[index]?.dates === undefined && isAlwaysOpen(window, nowMs),
  );
  const [first] = always;
  return windows.flatMap((entry, index) => {
    const { title } = entry;
    if (entry.changesAnything && first !== undefined && index > windows.indexOf(first)) {
      return [`${title} is never in force: ${first.title} comes first and is always open`];
    }
    if (entry.suspendsKilling && always.includes(entry)) {
      return [`${title} is always open, and suspends killing for ever`];
    }
    return aboutEnd(entry, configs[index], nowMs);
  });
}

function aboutEnd(
  { title, window }: ScheduledWindow,
  config: WindowConfig | undefined,
  nowMs: number,
): string[] {
  const lastDay = Math.max(...(config?.dates ?? []).map((range) => range.lastDay));
  if (config?.dates !== undefined && lastDay * DAY_MS + LATEST_DAY_END_MS < nowMs) {
    const date = new Date(lastDay * DAY_MS).toISOString().slice(0, 10);
    return [`${title} is never in force again: its last day was ${date}`];
  }
  return window.opensAgain(nowMs) ? [] : [`${title} is never in force: there is no time at which it opens`];
}
