import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { requireTrusted, type TrustOptions } from './require-trusted.js';

export interface DirectoryOptions extends TrustOptions {
  /** Of those that are made. */
  readonly mode: number;
}

/**
 * Makes a directory, with what lies above it, where it is not there. Throws MM_ERR_UNTRUSTED if, to root, somebody else
 * could change what is found there; where that is known before, nothing has been made.
 */
export function makeTrustedDirectory(path: string, what: string, options: DirectoryOptions): void {
  requireTrusted(nearestExisting(path), what, options);
  mkdirSync(path, { recursive: true, mode: options.mode });
  // In a sticky directory, somebody else may have been faster.
  requireTrusted(path, what, options);
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
