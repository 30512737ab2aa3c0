import { pathToFileURL } from 'node:url';

import { messageOf, MonitorError } from '@memory-monitor/core';

import type { CompiledPlugin } from './plugin-compiler.js';

/** A line of a stack that has a place in a file. */
const FRAME = /^ +at (?:.*? \()?(?:async )?(?:file:\/\/)?(\/.*)(:\d+:\d+)\)?$/gm;

/** How often the import of a file has failed: Node would give the same error again without another try. */
const failures = new Map<string, number>();

/**
 * Imports a compiled plugin and returns its default export. The same file is imported once, and gives the same value
 * ever after. Errors of it show where they come from in the source. Rejects with MM_ERR_PLUGIN_INVALID if it throws or
 * exports no default. A plugin can wait for something for ever here: the deadline is the caller's.
 */
export async function importDefault({ file, entryPath, inputs }: CompiledPlugin): Promise<unknown> {
  process.setSourceMapsEnabled(true);
  const attempt = failures.get(file) ?? 0;
  const url = `${pathToFileURL(file).href}${attempt === 0 ? '' : `?attempt=${attempt}`}`;
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module;
  } catch (error) {
    failures.set(file, attempt + 1);
    const place = placeOf(error, inputs);
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

/** `file:line:column` of where it was thrown, in the plugin's own source; undefined if it was thrown elsewhere. */
function placeOf(error: unknown, inputs: readonly string[]): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, path = '', position = ''] of stack.matchAll(FRAME)) {
    const file = decoded(path);
    if (inputs.includes(file)) {
      return `${file}${position}`;
    }
  }
  return undefined;
}

/** Node shows the path of a source as its URL has it, but for the "file://". */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
