import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';

import { ensureOwnDirectory } from './own-directory.js';

const PREFIX = 'compiled-';
/** The processes of isolated plugins pass through it, to what is theirs. */
const PASSABLE = 0o755;

/**
 * Makes a directory that is nobody else's, for as long as this process runs, in one that nobody else may add to: never
 * in /tmp. Throws MM_ERR_UNTRUSTED or MM_ERR_PLUGIN_COMPILE where that can't be had.
 */
export function makePrivateDirectory(parent: string, isPrivileged: boolean): string {
  try {
    ensureOwnDirectory(parent, isPrivileged, PASSABLE);
    return mkdtempSync(join(parent, PREFIX));
  } catch (error) {
    if (error instanceof MonitorError) {
      throw error;
    }
    throw new MonitorError(
      'MM_ERR_PLUGIN_COMPILE',
      `Plugins can not be compiled into ${parent}: ${messageOf(error)}; set state_directory to a directory that the monitor may write to.`,
      { cause: error },
    );
  }
}
