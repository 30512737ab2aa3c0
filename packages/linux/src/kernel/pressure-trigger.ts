import { closeSync, constants, openSync, writeSync } from 'node:fs';

import { EPOLLPRI, type EventWaiter } from '../native/event-waiter.js';

const FILE = '/proc/pressure/memory';
/**
 * Some process has waited for memory for a tenth of two seconds. Without CAP_SYS_RESOURCE, windows have to be multiples of two
 * seconds, and the kernel wants the closing NUL; Documentation/accounting/psi.rst.
 */
const TRIGGER = 'some 200000 2000000\0';

/** Tells when processes have to wait for memory: pressure stall information, at most once in two seconds. */
export class PressureTrigger {
  readonly #waiter: EventWaiter;
  readonly #fd: number;
  readonly #listeners = new Set<() => void>();

  /** Throws where there is no such thing: the kernel's configuration, a sandbox, or a container. */
  constructor(waiter: EventWaiter, file = FILE) {
    this.#waiter = waiter;
    this.#fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      writeSync(this.#fd, TRIGGER);
      const failure = waiter.watch(this.#fd, EPOLLPRI, () => {
        for (const listener of this.#listeners) {
          listener();
        }
      });
      if (failure !== undefined) {
        throw new Error(`epoll_ctl: ${failure}`);
      }
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Returns the function that unsubscribes. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#waiter.unwatch(this.#fd);
    closeSync(this.#fd);
  }
}
