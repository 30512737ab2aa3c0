import type { PluginDefinition } from '../plugin/definition.js';
import type { InputOf, Schema } from '../plugin/standard-schema.js';
import { TestMonitor, type TestMonitorOptions } from './test-monitor.js';
import type { TestPlugin } from './test-plugin.js';

/** What the plugin's schema takes, or any table where it has none. */
export type ConfigFor<S extends Schema | undefined> = [S] extends [Schema]
  ? InputOf<S>
  : TestPlugin['config'];

export interface TestPluginOptions<S extends Schema | undefined = undefined>
  extends TestMonitorOptions, Omit<TestPlugin, 'plugin' | 'config'> {
  /** `[plugins.config]`, as TOML would give it; checked by the plugin's schema. */
  readonly config?: ConfigFor<S>;
}

/**
 * A whole monitor with one plugin, on a fake machine and a fake clock. Rejects where `memory-monitor run` would refuse to start
 * with it: its configuration is wrong, or its setup fails.
 */
export async function testPlugin<S extends Schema | undefined = undefined>(
  plugin: PluginDefinition<S>,
  { config, onFailure, ...options }: TestPluginOptions<S> = {},
): Promise<TestMonitor> {
  const configured = {
    plugin,
    ...(config === undefined ? {} : { config: config as NonNullable<TestPlugin['config']> }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  return await TestMonitor.withPlugins([configured], options);
}
