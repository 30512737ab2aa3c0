import { readFileSync } from 'node:fs';

/** What a process has that says nothing, since Linux 2.6. */
const USUAL_LIMIT = 1024;
/** For sockets, log, plugins and whatever else the monitor opens: so many, and at least this share of all. */
const RESERVED = 512;
const RESERVED_SHARE = 1 / 4;

/** How many descriptors of this process may be held for long. `limits` is its `/proc/self/limits`. */
export function mostToHold(limits: string): number {
  const soft = /^Max open files +(\S+)/m.exec(limits)?.[1];
  const limit = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? USUAL_LIMIT);
  return Math.max(
    0,
    Math.floor(limit - Math.max(RESERVED, limit === Infinity ? RESERVED : limit * RESERVED_SHARE)),
  );
}

/** Node has raised the soft limit to the hard one when it started. */
export function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return '';
  }
}
