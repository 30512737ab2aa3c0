import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { MonitorError, type SourceFile } from '@memory-monitor/core';
import { requireTrusted } from '@memory-monitor/plugin-loader';

import { replaceFile } from '../service/files.js';
import {
  parseSources,
  readConfiguration,
  type ConfigurationOptions,
  type ReadConfiguration,
} from './read-configuration.js';

const FILE = 'last-configuration.json';

export interface RecalledConfiguration extends ReadConfiguration {
  /** Why it is not the one on disk, in a sentence; undefined where it is. */
  readonly trouble?: string;
}

/**
 * As `readConfiguration`; where a file is there and can't be read, the service starts with what was last in force: a machine that comes
 * up with a disk in trouble is watched as before. A file with a mistake is none of these: somebody has meant something else.
 */
export async function readOrRecall(options: ConfigurationOptions): Promise<RecalledConfiguration> {
  try {
    return await readConfiguration(options);
  } catch (error) {
    const recalled =
      error instanceof MonitorError && error.code === 'MM_ERR_CONFIG_UNREADABLE' ? recall() : undefined;
    if (recalled === undefined) {
      throw error;
    }
    const { message } = error as MonitorError;
    const since = new Date(recalled.atMs).toISOString();
    const trouble = `${message.replace(/\.$/, '')}. What was in force last is used, of ${since}.`;
    return { ...(await parseSources(recalled.sources, options)), trouble };
  }
}

/** Keeps what is in force, for a start at which it can't be read. Only in the service, and no matter whether it works. */
export function rememberConfiguration(sources: readonly SourceFile[]): void {
  const path = filePath();
  if (path === undefined) {
    return;
  }
  try {
    const text = JSON.stringify(sources);
    if (text !== read(path)) {
      replaceFile(path, text, 0o600);
    }
  } catch {
    // A full disk is told by what has more to say.
  }
}

function recall(): { readonly sources: readonly SourceFile[]; readonly atMs: number } | undefined {
  const path = filePath();
  try {
    if (path === undefined) {
      return undefined;
    }
    requireTrusted(path, 'the last configuration');
    const sources = JSON.parse(readFileSync(path, 'utf8')) as SourceFile[];
    return { sources, atMs: statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** In the directory that systemd gives the service, systemd.exec(5); a run by hand has none. */
function filePath(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [directory = ''] = (env['STATE_DIRECTORY'] ?? '').split(':');
  return directory === '' ? undefined : join(directory, FILE);
}
