import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** systemd's range for users that exist only while a service runs: nobody else's files or processes have such a uid. */
const FIRST_UID = 61_184;
const LAST_UID = 65_519;
const DYNAMIC_USERS = '/run/systemd/dynamic-uid';

/** A uid for one plugin that nobody has: no process, no entry in passwd, no dynamic user of systemd's. */
export function findFreeUid(seed: string): number {
  const taken = takenUids();
  const count = LAST_UID - FIRST_UID + 1;
  const start = hashOf(seed) % count;
  for (let step = 0; step < count; step += 1) {
    const uid = FIRST_UID + ((start + step) % count);
    if (!taken.has(uid) && !isDynamicUser(uid)) {
      return uid;
    }
  }
  throw new Error(`every uid from ${FIRST_UID} to ${LAST_UID} is taken`);
}

/** Whether systemd has given the uid to a service meanwhile: its processes are not ours to end. */
export function isDynamicUser(uid: number): boolean {
  return existsSync(`${DYNAMIC_USERS}/${uid}`);
}

function takenUids(): ReadonlySet<number> {
  const named = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => Number(line.split(':')[2]));
  const running = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? 0);
  return new Set([...named, ...running]);
}

/** Spreads plugins over the range; any hash does. */
function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) {
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash;
}
