import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Configuration } from '@memory-monitor/core';
import { SystemClock } from '@memory-monitor/linux';
import { PluginLoader } from '@memory-monitor/plugin-loader';

import { BUILT_IN_PLUGINS } from './built-in-plugins.js';
import { cacheDirectoryFor, runtimeDirectory, scratchDirectory } from './plugin-directories.js';

/** `dist/plugin-child.js`, or the bundle's. */
const CHILD_ENTRY = fileURLToPath(
  new URL(import.meta.url.endsWith('.mjs') ? './plugin-child.mjs' : '../plugin-child.js', import.meta.url),
);

/** Loads the plugins of a configuration; what `use` says is relative to its first file. */
export function createPluginLoader({ files, settings }: Configuration): PluginLoader {
  return new PluginLoader({
    // Node's own `realpathSync` takes ".." out of the text first; the kernel follows the link before it.
    configDirectory: realpathSync.native(dirname(files[0] ?? 'config.toml')),
    cacheDirectory: cacheDirectoryFor(settings.stateDirectory),
    scratchDirectory: scratchDirectory(),
    runtimeDirectory: runtimeDirectory(),
    childEntry: CHILD_ENTRY,
    builtIn: BUILT_IN_PLUGINS,
    clock: new SystemClock(),
  });
}
