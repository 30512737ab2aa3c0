import { closeSync, writeSync } from 'node:fs';

import type { CallResult, Libc } from './libc.js';

/** epoll_ctl(2). */
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
/**
 * A call that waits without end can't be taken back, and keeps the process from exiting: one that ends soon delays an exit that
 * nobody has announced, and no more.
 */
const LONGEST_WAIT_MS = 500;
const ONE = new BigUint64Array([1n]);

/** Told of an event, or that there will be none, since waiting has failed. */
export type EventListener = (what: 'event' | 'failed') => void;

/** Waits for descriptors that Node can't wait for (pidfds, pressure triggers): all of them on one thread, while there are any. */
export class EventWaiter {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #wakeUp: number;
  readonly #listeners = new Map<number, EventListener>();
  #waiting: Promise<void> | undefined;
  #isClosed = false;

  private constructor(libc: Libc, epoll: number, wakeUp: number) {
    this.#libc = libc;
    this.#epoll = epoll;
    this.#wakeUp = wakeUp;
  }

  /** Throws with the name of the error. */
  static open(libc: Libc): EventWaiter {
    const epoll = valueOf('epoll_create1', libc.epollCreate());
    const wakeUp = valueOf('eventfd', libc.eventfd());
    valueOf('epoll_ctl', libc.epollAdd(epoll, wakeUp, EPOLLIN));
    return new EventWaiter(libc, epoll, wakeUp);
  }

  /** Calls `listener` at each event, until `unwatch`. Returns the name of the error where that can't be. */
  watch(fd: number, events: number, listener: EventListener): string | undefined {
    if (this.#isClosed) {
      return 'EBADF';
    }
    const added = this.#libc.epollAdd(this.#epoll, fd, events);
    if ('error' in added) {
      return added.error;
    }
    this.#listeners.set(fd, listener);
    this.#waiting ??= this.#wait();
    return undefined;
  }

  /** To be called before the descriptor is closed. */
  unwatch(fd: number): void {
    if (this.#listeners.delete(fd)) {
      this.#libc.epollRemove(this.#epoll, fd);
    }
  }

  /** Resolves when no thread waits any more. */
  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    for (const fd of [...this.#listeners.keys()]) {
      this.unwatch(fd);
    }
    writeSync(this.#wakeUp, ONE);
    await this.#waiting;
    closeSync(this.#epoll);
    closeSync(this.#wakeUp);
  }

  async #wait(): Promise<void> {
    while (this.#listeners.size > 0) {
      const ready: number[] = [];
      if (!(await this.#next(ready))) {
        break;
      }
      for (const fd of ready) {
        this.#listeners.get(fd)?.('event');
      }
    }
    this.#waiting = undefined;
    // Whoever is left is not going to hear any more, since waiting has failed.
    for (const [fd, listener] of [...this.#listeners]) {
      this.unwatch(fd);
      listener('failed');
    }
  }

  /** False where waiting does not work. */
  async #next(ready: number[]): Promise<boolean> {
    try {
      const result = await this.#libc.epollWait(this.#epoll, LONGEST_WAIT_MS, ready);
      return 'value' in result || result.error === 'EINTR';
    } catch {
      return false;
    }
  }
}

function valueOf(call: string, result: CallResult): number {
  if ('error' in result) {
    throw new Error(`${call}: ${result.error}`);
  }
  return result.value;
}
