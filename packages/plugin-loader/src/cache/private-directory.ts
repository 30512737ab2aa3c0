import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requireTrusted } from '../trust/require-trusted.js';

const PREFIX = 'memory-monitor-plugins-';
/** Only root can write there. */
const RUN = '/run';

/**
 * Makes a directory that is nobody else's, for as long as this process runs. Where a service must not write to /run it
 * has a /tmp of its own; $TMPDIR is taken only if nobody can rename what lies in it.
 */
export function makePrivateDirectory(isRoot: boolean, run = RUN): string {
  if (isRoot) {
    try {
      return mkdtempSync(join(run, PREFIX));
    } catch {
      requireTrusted(tmpdir(), 'the directory for temporary files', { allowsSticky: true, isRoot });
    }
  }
  return mkdtempSync(join(tmpdir(), PREFIX));
}
