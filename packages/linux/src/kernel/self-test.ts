import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';

import { EPOLLIN, type EventWaiter } from '../native/event-waiter.js';
import type { Libc } from '../native/libc.js';
import type { MemoryReaper } from '../signals/memory-reaper.js';
import { sleep } from '../sleep.js';

/** Of each means why it is of no use here; undefined where it works. */
export interface SelfTest {
  readonly pidfd: string | undefined;
  readonly exitEvents: string | undefined;
  readonly memoryRelease: string | undefined;
}

const DEADLINE_MS = 2000;
const NOT_TRIED = 'it could not be tried';

/** Tries what a kill needs on a child of its own. Takes a few milliseconds. */
export async function testOnChild(
  libc: Libc,
  waiter: EventWaiter | undefined,
  reaper: MemoryReaper,
): Promise<SelfTest> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const pid = await pidOf(child);
    const opened = libc.pidfdOpen(pid);
    if ('error' in opened) {
      return nothingWorks(`pidfd_open: ${opened.error}`);
    }
    try {
      return await testHandle(opened.value, libc, waiter, reaper);
    } finally {
      closeSync(opened.value);
    }
  } catch (error) {
    return nothingWorks(`${NOT_TRIED}: ${String(error)}`);
  } finally {
    child.kill('SIGKILL');
  }
}

async function testHandle(
  pidfd: number,
  libc: Libc,
  waiter: EventWaiter | undefined,
  reaper: MemoryReaper,
): Promise<SelfTest> {
  const exit = waiter === undefined ? undefined : exitEvent(pidfd, waiter);
  const sent = libc.pidfdSendSignal(pidfd, constants.signals.SIGKILL);
  if ('error' in sent) {
    return nothingWorks(`pidfd_send_signal: ${sent.error}`);
  }
  const released = await reaper.release(pidfd);
  return {
    pidfd: undefined,
    exitEvents: exit === undefined ? 'there is no waiting for events' : await exit,
    memoryRelease: released === undefined ? undefined : `process_mrelease: ${released}`,
  };
}

/** Resolves with undefined when the process has exited, and otherwise with what went wrong. */
async function exitEvent(pidfd: number, waiter: EventWaiter): Promise<string | undefined> {
  const over = new AbortController();
  const event = new Promise<string | undefined>((resolve) => {
    const failure = waiter.watch(pidfd, EPOLLIN, (what) => {
      resolve(what === 'event' ? undefined : 'epoll_wait failed');
    });
    if (failure !== undefined) {
      resolve(`epoll_ctl: ${failure}`);
    }
  });
  const late = sleep(DEADLINE_MS, over.signal).then(() => 'a child exited, and no event told of it');
  try {
    return await Promise.race([event, late]);
  } finally {
    over.abort();
    waiter.unwatch(pidfd);
  }
}

async function pidOf(child: ChildProcess): Promise<number> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    if (child.pid !== undefined) {
      resolve(child.pid);
    }
  });
}

function nothingWorks(reason: string): SelfTest {
  return { pidfd: reason, exitEvents: NOT_TRIED, memoryRelease: NOT_TRIED };
}
