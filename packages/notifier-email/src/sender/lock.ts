import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';

import { MonitorError } from '@memory-monitor/core';

/** The status with which flock(1) ends where another one holds the lock; it has others for what goes wrong. */
const HELD = 1;

/**
 * Locks a file as flock(2) does, until this process ends, however it does; undefined where another one holds the lock. Node has no
 * such call, but flock(1) of util-linux locks the open file that it inherits, which stays locked while it is open here.
 */
export async function lockFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, 'a', 0o600);
  try {
    const child = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
    const ending = await endOf(child);
    if (ending === 0) {
      return file;
    }
    if (ending !== HELD) {
      throw new MonitorError(
        'MM_ERR_MAIL',
        `${path} can not be locked (flock: ${ending}); "spool" is to name a directory on a disk of this machine.`,
      );
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** The status, or the signal. */
async function endOf(flock: ChildProcess): Promise<number | string> {
  try {
    const [status, signal] = (await once(flock, 'exit')) as [number | null, string | null];
    return status ?? signal ?? '';
  } catch (error) {
    throw new MonitorError(
      'MM_ERR_MAIL',
      'The program flock is not there, so nobody can tell whether another sender is at work; install util-linux.',
      { cause: error },
    );
  }
}
