import { mkdirSync, statSync } from 'node:fs';

import { MonitorError } from '@memory-monitor/core';

import { requireTrusted } from '../trust/require-trusted.js';

const WHAT = 'the directory for compiled plugins';
const OTHERS_MAY_WRITE = 0o022;

/** Makes the directory if it is not there. Throws MM_ERR_UNTRUSTED if what is in it could be somebody else's. */
export function ensureCacheDirectory(path: string, isRoot: boolean): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  requireTrusted(path, WHAT, { isRoot });
  // Also if this is not root: what is in there gets run.
  const { uid, mode } = statSync(path);
  if (uid !== process.getuid?.() || (mode & OTHERS_MAY_WRITE) !== 0) {
    throw new MonitorError(
      'MM_ERR_UNTRUSTED',
      `${path}, ${WHAT}, is not this user's alone; remove it, and it will be made again.`,
    );
  }
}
