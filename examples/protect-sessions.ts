// Whoever works at a terminal gets a warning first: what belongs to a terminal where somebody has typed within the last minutes is
// ended only when nobody types there any more, or when it has been over its limit for long.
//
//   [[plugins]]
//   use = "plugins/protect-sessions.ts"
//   [plugins.config]
//   idle_minutes = 10
//   minutes_at_most = 60
//
// A user can make a terminal look busy: `minutes_at_most` is the bound of that.
import { definePlugin } from '@memory-monitor/core';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

const MINUTE_MS = 60_000;

export default definePlugin({
  name: 'protect-sessions',
  apiVersion: 1,
  config: v.strictObject({
    idle_minutes: v.optional(v.pipe(v.number(), v.minValue(0)), 10),
    minutes_at_most: v.optional(v.pipe(v.number(), v.minValue(0)), 60),
    /** Where the terminals are: another directory in a test. */
    dev: v.optional(v.string(), '/dev'),
  }),
  setup(host) {
    const { idle_minutes, minutes_at_most, dev } = host.config;
    host.decide(async ({ process: { terminal }, lastedMs }) => {
      if (terminal === undefined || lastedMs >= minutes_at_most * MINUTE_MS) {
        return undefined;
      }
      const idleMs = host.clock.now() - (await lastTypedMs(dev, terminal));
      return idleMs < idle_minutes * MINUTE_MS
        ? { verdict: { action: 'warn' }, reason: `somebody typed on ${terminal} ${ago(idleMs)}` }
        : undefined;
    });
  },
});

/** When a terminal was last read from, which is how `w` tells idle times; never where the terminal is gone or out of sight. */
async function lastTypedMs(dev: string, terminal: string): Promise<number> {
  // Terminals without a name of their own are known by their device's number: 4:64 is a serial line.
  const path = join(dev, terminal.includes(':') ? 'char' : '', terminal);
  return await stat(path).then(
    ({ atimeMs }) => atimeMs,
    () => Number.NEGATIVE_INFINITY,
  );
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  return minutes < 1 ? 'less than a minute ago' : `${minutes} min ago`;
}
