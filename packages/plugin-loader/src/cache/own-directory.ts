import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { MonitorError } from '@memory-monitor/core';

import { requireTrusted } from '../trust/require-trusted.js';

const WHAT = 'the directory for compiled plugins';
const OTHERS_MAY_WRITE = 0o022;

/**
 * Makes the directory, with what lies above it, if it is not there. Throws MM_ERR_UNTRUSTED if what is in it could be
 * somebody else's; nothing has been made then.
 */
export function ensureOwnDirectory(path: string, isRoot: boolean, mode: number): void {
  requireTrusted(nearestExisting(path), WHAT, { isRoot });
  mkdirSync(path, { recursive: true, mode });
  // Also if this is not root: what is in there gets run.
  const stats = statSync(path);
  if (stats.uid !== process.getuid?.() || (stats.mode & OTHERS_MAY_WRITE) !== 0) {
    throw new MonitorError(
      'MM_ERR_UNTRUSTED',
      `${path}, ${WHAT}, is not this user's alone; remove it, and it will be made again.`,
    );
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
