import { pathToFileURL } from 'node:url';

import { messageOf, MonitorError, type PluginCode } from '@memory-monitor/core';

import { placeIn } from './stack-places.js';

/** How often the import of a file has failed: Node would give the same error again without another try. */
const failures = new Map<string, number>();

/**
 * Imports a compiled plugin and returns its default export. The same file is imported once, and gives the same value
 * ever after. Errors of it show where they come from in the source. Rejects with MM_ERR_PLUGIN_INVALID if it throws or
 * exports no default. A plugin can wait for something for ever here: the deadline is the caller's.
 */
export async function importDefault({ file, entryPath, inputs }: PluginCode): Promise<unknown> {
  process.setSourceMapsEnabled(true);
  const attempt = failures.get(file) ?? 0;
  const url = `${pathToFileURL(file).href}${attempt === 0 ? '' : `?attempt=${attempt}`}`;
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module;
  } catch (error) {
    failures.set(file, attempt + 1);
    const place = placeIn(error, inputs);
    throw new MonitorError(
      'MM_ERR_PLUGIN_INVALID',
      `The plugin ${entryPath} failed while it was loaded: ${messageOf(error)}${place === undefined ? '' : ` (${place})`}.`,
      { cause: error },
    );
  }
  if (module.default === undefined) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_INVALID',
      `The plugin ${entryPath} has no default export; export definePlugin({ … }) as the default.`,
    );
  }
  return module.default;
}
