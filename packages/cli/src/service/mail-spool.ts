import { existsSync, readdirSync } from 'node:fs';

/** Directories of the spool that the monitor writes; their group, the sender's, may look. */
export const OF_THE_MONITOR = [
  { name: 'staging', mode: 0o2750 },
  { name: 'told', mode: 0o700 },
  { name: 'new', mode: 0o2750 },
];
export const OF_THE_SENDER = ['queue', 'mailboxes', 'dead'];

const NAMES = new Set([
  ...OF_THE_MONITOR.map(({ name }) => name),
  ...OF_THE_SENDER,
  'sender.json',
  'sender.json.new',
]);
/** What every new file system has. */
const LOST_AND_FOUND = 'lost+found';

/** Whether a spool may be made there: it gets an owner and a mode, and goes with the service. */
export function isOurs(spool: string): boolean {
  return namesIn(spool).every((name) => NAMES.has(name) || name === LOST_AND_FOUND);
}

/** What is in the spool, and nothing that somebody else has put there. */
export function spoolNames(spool: string): string[] {
  return namesIn(spool).filter((name) => NAMES.has(name));
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
