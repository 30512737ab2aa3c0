import { MonitorError, printable } from '@memory-monitor/core';

import { findDistrust } from './find-distrust.js';
import type { Distrust, TrustRules } from './trust-check.js';

export interface TrustOptions extends TrustRules {
  /** Trust matters to root alone; another user can only harm itself. What this process is, if not given. */
  readonly isRoot?: boolean;
}

/**
 * Throws MM_ERR_UNTRUSTED, a sentence for the admin, if somebody else than root could change what is at `path`. `what`
 * it is stands behind the path: "the configuration".
 */
export function requireTrusted(path: string, what: string, options: TrustOptions = {}): void {
  if (options.isRoot ?? isRootHere()) {
    const distrust = findDistrust(path, options);
    if (distrust !== undefined) {
      throw untrusted(path, what, distrust);
    }
  }
}

/** Whether this process is root. */
export function isRootHere(): boolean {
  return process.getuid?.() === 0;
}

/** The error about a path that can not be trusted. */
export function untrusted(
  path: string,
  what: string,
  { path: blamed, reason, remedy }: Distrust,
): MonitorError {
  const cause = blamed === path ? reason : `of ${blamed}: ${reason}`;
  return new MonitorError(
    'MM_ERR_UNTRUSTED',
    printable(`${path}, ${what}, is not trusted because ${cause}; ${remedy}.`),
  );
}
