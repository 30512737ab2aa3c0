import { changesAnything, type WindowConfig } from './config.js';
import type { ScheduledWindow } from './scheduled-window.js';
import { DAY_MINUTES, DAY_MS } from './units.js';

/** The last place on earth where a day ends is half a day behind UTC. */
const LATEST_DAY_END_MS = 1.5 * DAY_MS;

/** Sentences about windows that are never in force any more. */
export function idleWindows(
  configs: readonly WindowConfig[],
  windows: readonly ScheduledWindow[],
  nowMs: number,
): string[] {
  const always = configs.findIndex((config) => changesAnything(config) && isAlwaysOpen(config));
  return windows.flatMap(({ title, changesAnything: isForForce }, index) => {
    const lastDay = lastDayOf(configs[index]);
    if (isForForce && always >= 0 && index > always) {
      return [`${title} is never in force: ${windows[always]?.title ?? ''} comes first and is always open`];
    }
    return lastDay !== undefined && lastDay * DAY_MS + LATEST_DAY_END_MS < nowMs
      ? [
          `${title} is never in force again: its last day was ${new Date(lastDay * DAY_MS).toISOString().slice(0, 10)}`,
        ]
      : [];
  });
}

function isAlwaysOpen({ days, dates, cron, time }: WindowConfig): boolean {
  const isWholeDay =
    time?.some(({ fromMinutes, toMinutes }) => toMinutes - fromMinutes === DAY_MINUTES) ?? true;
  return days === undefined && dates === undefined && cron === undefined && isWholeDay;
}

function lastDayOf(config: WindowConfig | undefined): number | undefined {
  return config?.dates === undefined ? undefined : Math.max(...config.dates.map(({ lastDay }) => lastDay));
}
