import type { BuiltInPlugins } from '@memory-monitor/plugin-loader';

/** Official plugins: part of the program, each loaded only where it is configured. */
export const BUILT_IN_PLUGINS: BuiltInPlugins = {
  '@memory-monitor/policy-schedule': async () => (await import('@memory-monitor/policy-schedule')).default,
};
