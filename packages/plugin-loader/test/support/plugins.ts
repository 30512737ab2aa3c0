import type { PluginConfig } from '@memory-monitor/core';

/** The source of a plugin that does nothing, with more in its definition, and code before it. */
export function pluginNamed(name: string, { more = '', code = '' } = {}): string {
  return `${code}\nexport default { name: '${name}', apiVersion: 1, setup: () => {}, ${more} };`;
}

/** For `more`: a schema that takes strings alone. */
export const STRINGS_ALONE = `config: { '~standard': { version: 1, vendor: 'test', validate: (value) => {
  const wrong = Object.keys(value).filter((key) => typeof value[key] !== 'string');
  return wrong.length === 0 ? { value } : { issues: wrong.map((key) => ({ path: [key], message: 'no string' })) };
} } }`;

/** One \`[[plugins]]\`, as the configuration has it. */
export function configured(use: string, more: Partial<PluginConfig> = {}): PluginConfig {
  return { use, config: {}, isolate: false, onFailure: 'spare', ...more };
}
