import { definePlugin, type Clock, type PluginHost } from '@memory-monitor/core';

import { configSchema, type ScheduleConfig } from './config.js';
import { namesDaysTwice } from './cron-days.js';
import { idleWindows } from './idle-windows.js';
import { Schedule } from './schedule.js';
import { scheduledWindow, type ScheduledWindow } from './scheduled-window.js';
import { SCHEDULE, type NamedWindows } from './token.js';

export { SCHEDULE, type NamedWindows } from './token.js';
export { configSchema, type ScheduleConfig } from './config.js';

/** Check intervals, limits and maintenance windows by the time of day: the first window that is open is in force. */
export default definePlugin({
  name: 'policy-schedule',
  apiVersion: 1,
  config: configSchema,
  async setup(host) {
    const windows = await scheduledWindows(host);
    warnAboutWindows(host, windows);
    const schedule = new Schedule(windows, ({ changesAnything }) => changesAnything);
    const inForce = (): ScheduledWindow | undefined => schedule.at(host.clock.now()).window;
    overrideInterval(host, schedule);
    if (windows.some(({ limits }) => limits !== undefined)) {
      host.overrideLimits(() => inForce()?.limits);
    }
    if (windows.some(({ suspendsKilling }) => suspendsKilling)) {
      suspendKilling(host, inForce);
    }
    host.provide(SCHEDULE, () => namedWindows(windows, host.clock));
  },
});

async function scheduledWindows(host: PluginHost<ScheduleConfig>): Promise<ScheduledWindow[]> {
  const { windows, time_zone: timeZone } = host.config;
  return await Promise.all(
    windows.map(async (config, index) =>
      scheduledWindow(config, { timeZone, place: await host.configPlace(['windows', index]), index }),
    ),
  );
}

function warnAboutWindows(host: PluginHost<ScheduleConfig>, windows: readonly ScheduledWindow[]): void {
  for (const sentence of idleWindows(host.config.windows, windows, host.clock.now())) {
    host.logger.warn(sentence);
  }
  for (const [index, { cron }] of host.config.windows.entries()) {
    if (cron !== undefined && namesDaysTwice(cron)) {
      host.logger.warn(
        `${windows[index]?.title ?? ''}: "${cron}" opens on these days of the month, and on these days of the week too, as crontab(5) has it; the first Sunday of a month is "0 3 * * sun#1"`,
      );
    }
  }
}

/** The next scan comes no later than the next boundary, so that what holds from then on holds from then on. */
function overrideInterval(host: PluginHost, schedule: Schedule<ScheduledWindow>): void {
  let told: ScheduledWindow | undefined;
  host.overrideInterval((currentSeconds) => {
    const nowMs = host.clock.now();
    const { window, untilMs } = schedule.at(nowMs);
    if (window !== told) {
      host.logger.info(
        { window: (window ?? told)?.name },
        window === undefined ? `${told?.title ?? ''} is over` : `${window.title} is in force`,
      );
      told = window;
    }
    return Math.min(window?.checkIntervalSeconds ?? currentSeconds, (untilMs - nowMs) / 1000);
  });
}

function namedWindows(windows: readonly ScheduledWindow[], clock: Clock): NamedWindows {
  const names = [...new Set(windows.flatMap(({ name }) => name ?? []))];
  const schedules = new Map(
    names.map((wanted) => [wanted, new Schedule(windows.filter(({ name }) => name === wanted))]),
  );
  return { names, isOpen: (name) => schedules.get(name)?.at(clock.now()).window !== undefined };
}

function suspendKilling(host: PluginHost, inForce: () => ScheduledWindow | undefined): void {
  host.decide((_, { action }) => {
    const window = inForce();
    return window?.suspendsKilling === true && (action === 'kill' || action === 'defer')
      ? { verdict: { action: 'warn' }, reason: `${window.title} suspends killing` }
      : undefined;
  });
}
