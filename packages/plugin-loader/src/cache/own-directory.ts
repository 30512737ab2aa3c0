import { statSync } from 'node:fs';

import { MonitorError } from '@memory-monitor/core';

import { makeTrustedDirectory } from '../trust/make-trusted-directory.js';

const WHAT = 'the directory for compiled plugins';
const OTHERS_MAY_WRITE = 0o022;

/** Makes the directory if it is not there. Throws MM_ERR_UNTRUSTED if what is in it could be somebody else's. */
export function ensureOwnDirectory(path: string, isPrivileged: boolean, mode: number): void {
  makeTrustedDirectory(path, WHAT, { isPrivileged, mode });
  // Also without privileges: what is in there gets run.
  const stats = statSync(path);
  if (stats.uid !== process.getuid?.() || (stats.mode & OTHERS_MAY_WRITE) !== 0) {
    throw new MonitorError(
      'MM_ERR_UNTRUSTED',
      `${path}, ${WHAT}, is not this user's alone; remove it, and it will be made again.`,
    );
  }
}
