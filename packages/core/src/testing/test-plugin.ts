import type { OnFailure } from '../decision/limits.js';
import { MonitorError } from '../errors.js';
import { checkConfig } from '../plugin/check-config.js';
import { checkDefinition, type PluginDefinition } from '../plugin/definition.js';
import type { LoadedPlugin } from '../plugin/loaded-plugin.js';
import type { Clock } from '../ports.js';

/** A plugin, as a `[[plugins]]` table would configure it. */
export interface TestPlugin {
  readonly plugin: PluginDefinition;
  /** `[plugins.config]`, as TOML would give it; checked by the plugin's schema. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onFailure?: OnFailure;
}

/** Does what loading does, without files. Rejects with MM_ERR_CONFIG_INVALID where the schema has objections. */
export async function loadTestPlugins(plugins: readonly TestPlugin[], clock: Clock): Promise<LoadedPlugin[]> {
  return await Promise.all(plugins.map(async (plugin) => await load(plugin, clock)));
}

async function load(
  { plugin, config = {}, onFailure = 'spare' }: TestPlugin,
  clock: Clock,
): Promise<LoadedPlugin> {
  const definition = checkDefinition(plugin, 'the plugin under test');
  const checked = await checkConfig(definition, config, clock);
  if (checked.issues !== undefined) {
    const sentences = checked.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new MonitorError('MM_ERR_CONFIG_INVALID', sentences.join('\n'));
  }
  return {
    definition,
    config: checked.config,
    onFailure,
    source: { use: definition.name, file: undefined, version: definition.version, isIsolated: false },
  };
}
