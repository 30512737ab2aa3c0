import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { MonitorError } from '@memory-monitor/core';

export interface Esbuild {
  /** The program, which is linked statically: it runs on every Linux of its processor. */
  readonly program: string;
  readonly version: string;
}

/**
 * Where esbuild's own program is. Its API would start the same program, and leave 13 MB of JavaScript behind in this
 * process. Throws MM_ERR_PLUGIN_COMPILE if it was not installed.
 */
export function findEsbuild(): Esbuild {
  const manifest = `@esbuild/linux-${process.arch}/package.json`;
  // Beside the installed bundle, and by hoisting in most other installations; else it is esbuild's own dependency.
  const path =
    find(import.meta.url, manifest) ?? find(urlOf(find(import.meta.url, 'esbuild/package.json')), manifest);
  if (path === undefined) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_COMPILE',
      `Plugins can not be compiled because esbuild for linux-${process.arch} is missing; install the monitor again.`,
    );
  }
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return { program: join(dirname(path), 'bin/esbuild'), version };
}

function find(from: string | undefined, name: string): string | undefined {
  try {
    return from === undefined ? undefined : createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function urlOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : pathToFileURL(path).href;
}
