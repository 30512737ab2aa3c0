import type { BuiltInPlugins } from '@memory-monitor/plugin-loader';

/** The plugin that `notify test` is about. */
export const NOTIFIER_EMAIL = '@memory-monitor/notifier-email';

/** Official plugins: part of the program, each loaded only where it is configured. */
export const BUILT_IN_PLUGINS: BuiltInPlugins = {
  [NOTIFIER_EMAIL]: async () => (await import('@memory-monitor/notifier-email')).default,
  '@memory-monitor/policy-pressure': async () => (await import('@memory-monitor/policy-pressure')).default,
  '@memory-monitor/policy-schedule': async () => (await import('@memory-monitor/policy-schedule')).default,
  '@memory-monitor/policy-user': async () => (await import('@memory-monitor/policy-user')).default,
};
