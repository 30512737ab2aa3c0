// Notebooks get a warning first, and are ended if they are still over their limit five minutes later.
//
//   [[plugins]]
//   use = "plugins/protect-notebooks.ts"
//   [plugins.config]
//   names = ["jupyter", "rstudio"]
//   minutes = 5
import { definePlugin } from '@memory-monitor/core';
import * as v from 'valibot';

export default definePlugin({
  name: 'protect-notebooks',
  apiVersion: 1,
  config: v.strictObject({
    names: v.optional(v.array(v.string()), ['jupyter']),
    minutes: v.optional(v.pipe(v.number(), v.minValue(0)), 5),
  }),
  setup(host) {
    const { names, minutes } = host.config;
    host.decide(({ process, lastedMs }) => {
      const isNotebook = names.some((name) => process.name.startsWith(name));
      return isNotebook && lastedMs < minutes * 60_000
        ? { verdict: { action: 'warn' }, reason: `notebooks have ${minutes} minutes to shrink` }
        : undefined;
    });
  },
});
