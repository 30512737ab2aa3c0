import { readFileSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { MonitorError } from '@memory-monitor/core';

import { COMPILE_DEADLINE_MS, RESOLVE_AS_NODE } from './bundle-plugin.js';
import type { Esbuild } from './esbuild.js';
import { looksLikeFile, requireNoDirectory, type PluginEntry } from './find-entry.js';
import { parseMessages } from './messages.js';
import { parseMetafile } from './metafile.js';
import { runCompiler } from './run-compiler.js';

/** Files of these are found and not read: what they import does not matter yet. */
const UNREAD = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json', '.node'].map(
  (extension) => `--loader:${extension}=empty`,
);
/**
 * Those that Node tries, in its order. In packages esbuild tries only what stands before the last one that it reads as
 * JavaScript: now that is one that no file has.
 */
const TRIED = ['--resolve-extensions=.js,.json,.no-such-extension', '--loader:.no-such-extension=js'];

/**
 * The real path of what Node would load for a package that is imported from the configuration's directory. Rejects with
 * MM_ERR_PLUGIN_NOT_FOUND if there is none.
 */
export async function findPackage(
  entry: PluginEntry,
  workDirectory: string,
  esbuild: Esbuild,
): Promise<string> {
  // Node follows the links to whoever imports, and the kernel those to where a process runs.
  const directory = realDirectoryOf(entry);
  const metafilePath = join(workDirectory, 'package.json');
  const { hasSucceeded, messages } = await runCompiler({
    program: esbuild.program,
    args: [
      '--bundle',
      ...RESOLVE_AS_NODE,
      '--format=esm',
      '--tsconfig-raw={}',
      ...UNREAD,
      ...TRIED,
      '--loader=js',
      '--log-level=error',
      '--color=false',
      `--metafile=${metafilePath}`,
      `--outfile=${join(workDirectory, 'package.mjs')}`,
    ],
    directory,
    // No export by name: nothing is known about any.
    input: `export * from ${JSON.stringify(entry.use)};`,
    deadlineMs: COMPILE_DEADLINE_MS,
  });
  if (!hasSucceeded) {
    requireNoDirectory(resolve(entry.directory, entry.use));
    const notes = parseMessages(messages).flatMap((message) => message.notes);
    throw notFound(
      entry,
      notes.find((note) => note.includes('not exported by package'))?.replace(/[.:]$/, ''),
    );
  }
  const { inputs } = parseMetafile(await readFile(metafilePath, 'utf8'), directory);
  const [path] = inputs;
  // A module of Node, or a data: URL, is no package.
  if (path === undefined) {
    throw notFound(entry);
  }
  return path;
}

/** Where the configuration is, behind all links. Throws MM_ERR_PLUGIN_NOT_FOUND if that is nowhere. */
export function realDirectoryOf(entry: PluginEntry): string {
  if (statSync(entry.directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw notFound(entry, 'there is no such directory');
  }
  return realpathSync(entry.directory);
}

/** The version in the package.json that a file belongs to; undefined if there is none. */
export function versionOf(path: string): string | undefined {
  for (let directory = dirname(path); directory !== dirname(directory); directory = dirname(directory)) {
    const { name, version } = readPackage(join(directory, 'package.json'));
    // One that only says "type" stands in many a directory within a package.
    if (typeof name === 'string' && typeof version === 'string') {
      return version;
    }
  }
  return undefined;
}

function readPackage(path: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

function notFound({ use, directory }: PluginEntry, why?: string): MonitorError {
  const because = why === undefined ? '' : ` (${why})`;
  const message = looksLikeFile(use)
    ? `There is no plugin ${resolve(directory, use)}, and no package of that name${because}; check "use" in [[plugins]].`
    : `The plugin package ${use} can not be found from ${directory}${because}; run "npm install ${use}" there, or check "use" in [[plugins]].`;
  return new MonitorError('MM_ERR_PLUGIN_NOT_FOUND', message);
}
