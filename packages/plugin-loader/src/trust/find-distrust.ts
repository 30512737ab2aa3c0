import { resolve } from 'node:path';

import { TrustCheck, type Distrust, type TrustRules } from './trust-check.js';

/**
 * The first thing on the way to a file or directory that somebody else than root, or than the user that this process
 * runs as, could change: the path itself, a directory above it, or a link or directory on the way of a link. Undefined
 * if there is none. Whether this process is root makes no difference here.
 */
export function findDistrust(path: string, rules: TrustRules = {}): Distrust | undefined {
  // Not `resolve(path)` for all: ".." after a link means the directory above the link's target.
  return new TrustCheck(rules).findDistrust(path.startsWith('/') ? path : `${resolve('.')}/${path}`);
}
