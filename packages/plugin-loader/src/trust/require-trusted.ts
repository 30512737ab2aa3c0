import { MonitorError, printable } from '@memory-monitor/core';
import { hasPrivileges } from '@memory-monitor/linux';

import { findDistrust } from './find-distrust.js';
import type { Distrust, TrustRules } from './trust-check.js';

export interface TrustOptions extends TrustRules {
  /** Trust matters to whoever has privileges; an ordinary user can only harm itself. What this process is, if not given. */
  readonly isPrivileged?: boolean;
}

/**
 * Throws MM_ERR_UNTRUSTED, a sentence for the admin, if somebody else than root, or than the user that this process runs as, could change what is at
 * `path`. `what` it is stands behind the path: "the configuration".
 */
export function requireTrusted(path: string, what: string, options: TrustOptions = {}): void {
  if (options.isPrivileged ?? hasPrivileges()) {
    const distrust = findDistrust(path, options);
    if (distrust !== undefined) {
      throw untrusted(path, what, distrust);
    }
  }
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
