import { definePlugin } from '@memory-monitor/core';
import * as v from 'valibot';

/** `[plugins.config]`: checked before the plugin is set up, and by `memory-monitor check`. */
const config = v.strictObject({
  /** Names of programs that get a warning first. */
  names: v.pipe(v.array(v.string()), v.minLength(1)),
  /** How long they are only warned. */
  minutes: v.optional(v.pipe(v.number(), v.minValue(0)), 5),
});

export default definePlugin({
  name: '{{name}}',
  version: '0.1.0',
  apiVersion: 1,
  config,
  setup(host) {
    const { names, minutes } = host.config;
    host.decide(({ process, lastedMs }) =>
      names.includes(process.name) && lastedMs < minutes * 60_000
        ? { verdict: { action: 'warn' }, reason: `${process.name} has ${minutes} minutes to shrink` }
        : undefined,
    );
    host.on('kill', ({ violation, outcome, dryRun }) => {
      host.logger.info({ pid: violation.process.pid, dryRun }, `${violation.process.name}: ${outcome}`);
    });
  },
});
