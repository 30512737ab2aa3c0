import { readFile } from 'node:fs/promises';

import { runBounded } from '../run-bounded.js';

/** One line of the user or the group database. */
export interface DatabaseEntry {
  readonly name: string;
  readonly id: number;
}

/** An entry, `absent`, or `unanswered` if the database (LDAP, say) gave no answer in time. */
export type DatabaseAnswer = DatabaseEntry | 'absent' | 'unanswered';

export type Database = 'passwd' | 'group';

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
): Promise<DatabaseAnswer> {
  try {
    const { exitCode, output } = await runBounded('getent', ['--', database, key], deadlineMs);
    if (exitCode === NOT_FOUND) {
      return 'absent';
    }
    return exitCode === 0 ? (findEntry(output.toString('utf8'), key) ?? 'absent') : 'unanswered';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? await askFile(database, key) : 'unanswered';
  }
}

async function askFile(database: Database, key: string): Promise<DatabaseAnswer> {
  try {
    return findEntry(await readFile(`/etc/${database}`, 'utf8'), key) ?? 'absent';
  } catch {
    return 'unanswered';
  }
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
