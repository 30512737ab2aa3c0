import { readFile } from 'node:fs/promises';

import { runBounded } from '../run-bounded.js';
import type { DatabaseAnswer } from './cached-lookup.js';

/** One line of the user or the group database. */
export interface DatabaseEntry {
  readonly name: string;
  readonly id: number;
}

export type Database = 'passwd' | 'group';

/** Sources of nsswitch.conf(5) that can not be away. */
const LOCAL_SOURCES = new Set(['files', 'compat', 'db', 'systemd', 'mymachines', 'altfiles', 'extrausers']);
/** Exit status of getent(1) for a key that is not there. */
const NOT_FOUND = 2;

/**
 * Asks the system's own database by getent(1), so that whatever nsswitch.conf names is asked: files, LDAP, SSSD.
 * Where there is no getent (musl has none, always), the file below `/etc` is all there is.
 */
export async function askDatabase(
  database: Database,
  key: string,
  deadlineMs: number,
): Promise<DatabaseAnswer<DatabaseEntry>> {
  try {
    const { exitCode, output } = await runBounded('getent', ['--', database, key], deadlineMs);
    if (exitCode === NOT_FOUND) {
      return (await isLocalOnly(database)) ? 'absent' : 'unanswered';
    }
    return exitCode === 0 ? (findAnswer(output.toString('utf8'), key) ?? 'absent') : 'unanswered';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? await askFile(database, key) : 'unanswered';
  }
}

/**
 * Whether "not found" is an answer. getent says the same of a directory server that is away, so where one is configured
 * the question stays open: a whitelisted user must not lose protection because LDAP is down.
 */
async function isLocalOnly(database: Database): Promise<boolean> {
  try {
    return hasLocalSourcesOnly(await readFile('/etc/nsswitch.conf', 'utf8'), database);
  } catch {
    return true;
  }
}

/** Whether nsswitch.conf names only sources for a database that can not be away. */
export function hasLocalSourcesOnly(switches: string, database: Database): boolean {
  const line = new RegExp(`^\\s*${database}:([^#\\n]*)`, 'm').exec(switches)?.[1] ?? 'files';
  const sources = line
    .replace(/\[[^\]]*\]/g, ' ')
    .trim()
    .split(/\s+/);
  return sources.every((source) => LOCAL_SOURCES.has(source));
}

async function askFile(database: Database, key: string): Promise<DatabaseAnswer<DatabaseEntry>> {
  try {
    return findEntry(await readFile(`/etc/${database}`, 'utf8'), key) ?? 'absent';
  } catch {
    return 'unanswered';
  }
}

/** The line that getent has printed. A directory may answer with another spelling of the name (its case, a domain left out): it is the answer still. */
export function findAnswer(text: string, key: string): DatabaseEntry | undefined {
  const entry = findEntry(text, key);
  const [name = '', , id = ''] = text.split('\n')[0]?.split(':') ?? [];
  const isByName = !/^\d+$/.test(key);
  return entry ?? (isByName && name !== '' && /^\d+$/.test(id) ? { name: key, id: Number(id) } : undefined);
}

/** Finds the line whose name or number is the key: `name:password:id:…`, passwd(5) and group(5). */
function findEntry(text: string, key: string): DatabaseEntry | undefined {
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if ((name === key || id === key) && /^\d+$/.test(id)) {
      return { name, id: Number(id) };
    }
  }
  return undefined;
}
