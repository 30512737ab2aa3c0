import { BYTES_PER_GB, type LimitsChange } from '@memory-monitor/core';
import { Cron } from 'croner';

import { changesAnything, type WindowConfig } from './config.js';
import { WHOLE_DAY } from './spec/times.js';
import { WallClock } from './wall-clock.js';
import { CronWindow } from './windows/cron-window.js';
import { DailyWindow } from './windows/daily-window.js';
import type { Window } from './windows/window.js';

/** A window, and what is different while it is in force. */
export interface ScheduledWindow {
  readonly window: Window;
  /** Its name if it has one. */
  readonly name: string | undefined;
  /** `window "night" (/etc/memory-monitor/config.toml:12)`, for logs and trails. */
  readonly title: string;
  readonly checkIntervalSeconds: number | undefined;
  readonly limits: LimitsChange | undefined;
  readonly suspendsKilling: boolean;
  /** One that does not is never in force: other plugins ask for it by its name. */
  readonly changesAnything: boolean;
}

export interface ScheduledWindowOptions {
  /** Where the window has none of its own; undefined for that of this machine. */
  readonly timeZone: string | undefined;
  /** Where it stands, as `FILE:LINE`. */
  readonly place: string | undefined;
  /** Counts from 0. */
  readonly index: number;
}

export function scheduledWindow(
  config: WindowConfig,
  { timeZone, place, index }: ScheduledWindowOptions,
): ScheduledWindow {
  const called = config.name === undefined ? `window ${index + 1}` : `window "${config.name}"`;
  const title = place === undefined ? called : `${called} (${place})`;
  return {
    window: windowOf(config, config.time_zone ?? timeZone),
    name: config.name,
    title,
    checkIntervalSeconds: config.check_interval,
    limits: limitsOf(config, title),
    suspendsKilling: config.suspend,
    changesAnything: changesAnything(config),
  };
}

function windowOf({ cron, duration, days, dates, time }: WindowConfig, timeZone: string | undefined): Window {
  return cron !== undefined && duration !== undefined
    ? new CronWindow(
        new Cron(cron, {
          paused: true,
          mode: '5-part',
          ...(timeZone !== undefined && { timezone: timeZone }),
        }),
        duration,
      )
    : new DailyWindow({ days, dates, times: time ?? [WHOLE_DAY] }, new WallClock(timeZone));
}

function limitsOf(
  { ram_percent_threshold: percentOfRam, ram_gb_threshold: gb }: WindowConfig,
  reason: string,
): LimitsChange | undefined {
  const bytes = gb === undefined ? undefined : gb * BYTES_PER_GB;
  return percentOfRam === undefined && bytes === undefined ? undefined : { percentOfRam, bytes, reason };
}
