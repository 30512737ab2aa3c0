import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { MonitorError } from '@memory-monitor/core';

/** systemd's range for users that exist only while a service runs: nobody else's files or processes have such a uid. */
const FIRST_UID = 61_184;
const LAST_UID = 65_519;

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

/**
 * A uid for one plugin that nobody has: no process, no entry in passwd, no dynamic user of systemd's. Throws
 * MM_ERR_PLUGIN_ISOLATED where there is none left.
 */
export function findFreeUid(seed: string, places = PLACES): number {
  const taken = takenUids(places);
  const count = LAST_UID - FIRST_UID + 1;
  const start = hashOf(seed) % count;
  for (let step = 0; step < count; step += 1) {
    const uid = FIRST_UID + ((start + step) % count);
    if (!taken.has(uid) && !isDynamicUser(uid, places)) {
      return uid;
    }
  }
  throw new MonitorError(
    'MM_ERR_PLUGIN_ISOLATED',
    `There is no user left for an isolated plugin to run as: every uid from ${FIRST_UID} to ${LAST_UID} is taken.`,
  );
}

/** Whether systemd has given the uid to a service meanwhile: its processes are not ours to end. */
export function isDynamicUser(uid: number, { dynamicUsers } = PLACES): boolean {
  return existsSync(join(dynamicUsers, String(uid)));
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
