import type { PluginDefinition } from '../plugin/definition.js';
import { TestMonitor, type TestMonitorOptions } from './test-monitor.js';
import type { TestPlugin } from './test-plugin.js';

export type TestPluginOptions = TestMonitorOptions & Omit<TestPlugin, 'plugin'>;

/**
 * A whole monitor with one plugin, on a fake machine and a fake clock. Rejects where `memory-monitor run` would refuse to start
 * with it: its configuration is wrong, or its setup fails.
 */
export async function testPlugin(
  plugin: PluginDefinition,
  { config, onFailure, ...options }: TestPluginOptions = {},
): Promise<TestMonitor> {
  const configured = {
    plugin,
    ...(config === undefined ? {} : { config }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  return await TestMonitor.withPlugins([configured], options);
}
