import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { askDatabase } from '@memory-monitor/linux';

/** systemd's range for users that exist only while a service runs: nobody else's files or processes have such a uid. */
export const FIRST_UID = 61_184;
export const LAST_UID = 65_519;
/** A directory server that takes longer than this does not answer. */
const LOOKUP_DEADLINE_MS = 2000;

/** Where it stands who has which uid. */
export interface UidPlaces {
  readonly passwd: string;
  readonly proc: string;
  readonly dynamicUsers: string;
}

const PLACES: UidPlaces = {
  passwd: '/etc/passwd',
  proc: '/proc',
  dynamicUsers: '/run/systemd/dynamic-uid',
};

/** Uids that nobody on this machine has: no process, no entry in passwd, no dynamic user of systemd's. A plugin's first is the same each time. */
export function* freeUids(seed: string, places = PLACES): Generator<number, void> {
  const taken = takenUids(places);
  const count = LAST_UID - FIRST_UID + 1;
  const start = hashOf(seed) % count;
  for (let step = 0; step < count; step += 1) {
    const uid = FIRST_UID + ((start + step) % count);
    if (!taken.has(uid) && !existsSync(join(places.dynamicUsers, String(uid)))) {
      yield uid;
    }
  }
}

/**
 * Whether the system's databases, a directory server among them, know a user or a group of that number. One that does not answer
 * can't be waited for; it would hardly use numbers that systemd gives away.
 */
export async function isNamed(uid: number, ask = askDatabase): Promise<boolean> {
  const answers = await Promise.all(
    (['passwd', 'group'] as const).map(
      async (database) => await ask(database, String(uid), LOOKUP_DEADLINE_MS),
    ),
  );
  return answers.some((answer) => typeof answer === 'object');
}

function takenUids({ passwd, proc }: UidPlaces): ReadonlySet<number> {
  // A container may do without one.
  const named = (existsSync(passwd) ? readFileSync(passwd, 'utf8') : '')
    .split('\n')
    .map((line) => Number(line.split(':')[2]));
  const running = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => uidOf(join(proc, pid)) ?? 0);
  return new Set([...named, ...running]);
}

/** Undefined for a process that has exited meanwhile. */
function uidOf(directory: string): number | undefined {
  try {
    return statSync(directory).uid;
  } catch {
    return undefined;
  }
}

/** Spreads plugins over the range; any hash does. */
function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) {
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash;
}
