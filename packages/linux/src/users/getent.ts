import { runBounded } from '../run-bounded.js';
import type { DatabaseAnswer } from './cached-lookup.js';
import { findEntry, type DatabaseEntry } from './database-entry.js';
import type { Directory } from './directory.js';
import { directoriesOf, isFileFirst, type Database } from './nsswitch.js';
import { readTogether } from './read-together.js';

/** Exit status of getent(1) for a key that is not there. */
const NOT_FOUND = 2;

/**
 * Asks the system's own database by getent(1), so that whatever nsswitch.conf names is asked: files, LDAP, SSSD.
 * Where there is no getent (musl has none, always), the file below `/etc` is all there is.
 *
 * What stands in a file that comes first is read from it: a machine that is short of memory takes seconds to start a
 * program, and that is when a process of a user nobody has met yet has to be judged.
 */
export async function askDatabase(
  database: Database,
  key: string,
  deadlineMs: number,
  directory?: Directory,
): Promise<DatabaseAnswer<DatabaseEntry>> {
  const inFile = (await isFileFirst(database)) ? await askFile(database, key) : 'unanswered';
  if (typeof inFile === 'object') {
    return inFile;
  }
  try {
    const { exitCode, output } = await runBounded('getent', ['--', database, key], deadlineMs);
    if (exitCode === NOT_FOUND) {
      return (await isAnswer(database, deadlineMs, directory)) ? 'absent' : 'unanswered';
    }
    const entry = exitCode === 0 ? findAnswer(output.toString('utf8'), key) : undefined;
    if (entry !== undefined) {
      await directory?.remember(database, key);
    }
    return exitCode === 0 ? (entry ?? 'absent') : 'unanswered';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? await askFile(database, key) : 'unanswered';
  }
}

/**
 * Whether "not found" is an answer. getent says the same of a directory server that is away, so where one is configured it has to
 * prove that it is there: a whitelisted user must not lose protection because LDAP is down. Of several, the one that
 * answers says nothing about the others.
 */
async function isAnswer(
  database: Database,
  deadlineMs: number,
  directory: Directory | undefined,
): Promise<boolean> {
  const [first, ...others] = await directoriesOf(database);
  if (first === undefined) {
    return true;
  }
  return others.length === 0 && directory !== undefined && (await directory.isAlive(first, deadlineMs));
}

async function askFile(database: Database, key: string): Promise<DatabaseAnswer<DatabaseEntry>> {
  try {
    return findEntry(await readTogether(`/etc/${database}`), key) ?? 'absent';
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
