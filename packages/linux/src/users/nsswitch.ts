import { readTogether } from './read-together.js';

export type Database = 'passwd' | 'group';

/** Sources of nsswitch.conf(5) that can not be away. */
const LOCAL_SOURCES = new Set(['files', 'compat', 'db', 'systemd', 'mymachines', 'altfiles', 'extrausers']);

/** The directories that this machine asks about a database; none where there is no nsswitch.conf. */
export async function directoriesOf(database: Database): Promise<string[]> {
  try {
    return directoriesIn(await readTogether('/etc/nsswitch.conf'), database);
  } catch {
    return [];
  }
}

/** Whether what the file below `/etc` has of a key is what the whole database would answer; so where there is no nsswitch.conf. */
export async function isFileFirst(database: Database): Promise<boolean> {
  try {
    return namesFileFirst(await readTogether('/etc/nsswitch.conf'), database);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** An action in brackets after it could say that another source is asked all the same. */
export function namesFileFirst(switches: string, database: Database): boolean {
  return /^\s*files(?:\s+\w|\s*$)/.test(lineOf(switches, database));
}

/** The sources that nsswitch.conf names for a database and that can be away: `ldap`, `sss`, `winbind`. */
export function directoriesIn(switches: string, database: Database): string[] {
  const sources = lineOf(switches, database)
    .replace(/\[[^\]]*\]/g, ' ')
    .split(/\s+/);
  return sources.filter((source) => source !== '' && !LOCAL_SOURCES.has(source));
}

/** What stands behind the name of a database; without a line, the C library asks the files. */
function lineOf(switches: string, database: Database): string {
  return new RegExp(`^\\s*${database}:([^#\\n]*)`, 'm').exec(switches)?.[1] ?? 'files';
}
