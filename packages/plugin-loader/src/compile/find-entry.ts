import { existsSync, realpathSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';

/** A plugin as it is configured. */
export interface PluginEntry {
  /** `use` of `[[plugins]]`: a path, or the name of a package. */
  readonly use: string;
  /** Absolute path of where the configuration file is: what a relative path is relative to, and where a package is looked for. */
  readonly directory: string;
}

const EXTENSIONS = ['.js', '.mjs', '.ts', '.mts'];
/** Where a plugin is in a directory of its own, most often. */
const LIKELY_FILES = ['src/index.ts', 'index.ts', 'index.js'];

/**
 * The absolute path of a plugin that is configured by its path, links and all; undefined if it is a package. A package can be called
 * `chart.js`: without a "/" or "." in front, such a name is a path only if there is such a file.
 */
export function pathOf({ use, directory }: PluginEntry): string | undefined {
  const path = resolve(directory, use);
  const isPath = /^\.{0,2}\//.test(use) || (looksLikeFile(use) && existsSync(path));
  return isPath ? path : undefined;
}

/** Whether it is called as a plugin's file is. */
export function looksLikeFile(use: string): boolean {
  return EXTENSIONS.includes(extname(use));
}

/**
 * The real path of a plugin file. Throws MM_ERR_PLUGIN_NOT_FOUND if there is none, and MM_ERR_PLUGIN_INVALID if it is
 * written in no language that plugins are written in.
 */
export function findFile(path: string): string {
  requireNoDirectory(path);
  requireExtension(path);
  const realPath = realPathOf(path);
  requireExtension(realPath);
  return realPath;
}

/** Throws MM_ERR_PLUGIN_NOT_FOUND for a directory: which of its files is the plugin, only the configuration can say. */
export function requireNoDirectory(path: string): void {
  if (isDirectory(path)) {
    const likely = LIKELY_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
    throw new MonitorError(
      'MM_ERR_PLUGIN_NOT_FOUND',
      `The plugin ${path} is a directory; name the plugin's file in it${likely === undefined ? '' : `: ${likely}`}.`,
    );
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function realPathOf(path: string): string {
  try {
    const realPath = realpathSync(path);
    if (!statSync(realPath).isFile()) {
      throw new Error('it is no file');
    }
    return realPath;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new MonitorError(
      'MM_ERR_PLUGIN_NOT_FOUND',
      `The plugin ${path} ${isMissing ? 'is not there' : `can not be read: ${messageOf(error)}`}; check "use" in [[plugins]].`,
      { cause: error },
    );
  }
}

function requireExtension(path: string): void {
  if (!looksLikeFile(path)) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_INVALID',
      `The plugin ${path} is in no language that a plugin can be in; its name has to end in ${EXTENSIONS.join(', ')}.`,
    );
  }
  // esbuild would look for all files that fit.
  if (path.includes('*')) {
    throw new MonitorError('MM_ERR_PLUGIN_INVALID', `The plugin ${path} has a "*" in its path; rename it.`);
  }
}
