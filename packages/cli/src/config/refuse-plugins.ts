import { MonitorError, type Configuration } from '@memory-monitor/core';

/** Without a plugin that was meant to spare something, an armed monitor would end the wrong process. */
export function refusePlugins({ plugins, settings }: Configuration): void {
  if (plugins.length > 0 && !settings.dryRun) {
    throw new MonitorError('MM_ERR_PLUGINS_UNSUPPORTED', unsupportedPlugins(plugins));
  }
}

/** What a configuration with plugins means for this version, in one sentence. */
export function unsupportedPlugins(plugins: Configuration['plugins']): string {
  const names = plugins.map(({ use }) => use).join(', ');
  return `This version loads no plugins, so it runs only as a dry run with these: ${names}; remove their [[plugins]] or set dry_run = true.`;
}
