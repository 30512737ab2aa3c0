import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';

import { MonitorError } from '@memory-monitor/core';

/**
 * Locks a file as flock(2) does, until this process ends, however it does; undefined where another one holds the lock. Node has no
 * such call, but flock(1) of util-linux locks the open file that it inherits, which stays locked while it is open here.
 */
export async function lockFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, 'a', 0o600);
  const child = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) {
      return file;
    }
    await file.close();
    return undefined;
  } catch (error) {
    await file.close();
    throw new MonitorError(
      'MM_ERR_MAIL',
      'The program flock is not there, so nobody can tell whether another sender is at work; install util-linux.',
      { cause: error },
    );
  }
}
