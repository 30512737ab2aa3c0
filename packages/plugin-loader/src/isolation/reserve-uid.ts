import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { MonitorError } from '@memory-monitor/core';
import { identityOf } from '@memory-monitor/linux';

import { FIRST_UID, freeUids, isNamed, LAST_UID } from './own-uid.js';

/** Holds whose the uid is: the PID of a monitor and its start time. */
const OWNER = 'owner';
const ROOT_UID = 0;
/** The plugin's user may pass through, to the file that it knows, and nobody else. */
const PASSABLE_FOR_GROUP = 0o710;
/** Of rename(2), where the target is something already, or another monitor has moved a stale one away before us. */
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT']);

export interface UidReservation {
  readonly uid: number;
  /** Of the monitor's user, for what this user alone is to read. */
  readonly directory: string;
  /** Gives the uid back, and removes the directory. */
  release(): void;
}

/** Who may have what uid; the machine's own, if not given. */
export interface UidSources {
  readonly candidates: (seed: string) => Iterable<number>;
  readonly isNamed: (uid: number) => Promise<boolean>;
}

/**
 * Takes a uid for one plugin that nobody has, and no other monitor takes: each has a directory below `parent` that is made at one
 * stroke. Throws MM_ERR_PLUGIN_ISOLATED where there is none left.
 */
export async function reserveUid(
  seed: string,
  parent: string,
  sources: UidSources = { candidates: freeUids, isNamed },
): Promise<UidReservation> {
  for (const uid of sources.candidates(seed)) {
    const directory = join(parent, String(uid));
    if (!(await sources.isNamed(uid)) && claim(parent, directory, uid)) {
      const release = (): void => {
        rmSync(directory, { recursive: true, force: true });
      };
      return { uid, directory, release };
    }
  }
  throw new MonitorError(
    'MM_ERR_PLUGIN_ISOLATED',
    `There is no user left for an isolated plugin to run as: every uid from ${FIRST_UID} to ${LAST_UID} is taken; isolate fewer plugins.`,
  );
}

/** The directory comes into being with its owner in it, so that nobody ever sees one without. */
function claim(parent: string, directory: string, uid: number): boolean {
  const made = join(parent, `.${randomUUID()}`);
  mkdirSync(made, { mode: 0o700 });
  try {
    writeFileSync(join(made, OWNER), ownName(), { mode: 0o600 });
    chownSync(made, process.getuid?.() ?? ROOT_UID, uid);
    chmodSync(made, PASSABLE_FOR_GROUP);
    removeStale(parent, directory);
    renameSync(made, directory);
    return true;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (TAKEN.has((error as NodeJS.ErrnoException).code ?? '')) {
      return false;
    }
    throw error;
  }
}

/** Of a monitor that has ended without tidying up. */
function removeStale(parent: string, directory: string): void {
  const owner = ownerOf(directory);
  if (owner === undefined || isRunning(owner)) {
    return;
  }
  const removed = join(parent, `.${randomUUID()}`);
  renameSync(directory, removed);
  if (ownerOf(removed) !== owner) {
    // Another monitor was as fast, and it is that one's by now.
    renameSync(removed, directory);
    return;
  }
  rmSync(removed, { recursive: true, force: true });
}

function ownName(): string {
  return `${process.pid} ${identityOf(process.pid)?.startTime ?? 0}\n`;
}

function isRunning(owner: string): boolean {
  const [pid, startTime] = owner.trim().split(' ').map(Number);
  return identityOf(pid ?? 0)?.startTime === startTime;
}

function ownerOf(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, OWNER), 'utf8');
  } catch {
    return undefined;
  }
}
