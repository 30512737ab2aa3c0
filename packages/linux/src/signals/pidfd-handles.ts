import { closeSync } from 'node:fs';
import { constants } from 'node:os';

import type {
  ProcessHandle,
  ProcessHandles,
  ProcessIdentity,
  ProcessInspection,
  Signal,
  SignalResult,
} from '@memory-monitor/core';

import { EPOLLIN, type EventWaiter } from '../native/event-waiter.js';
import type { Libc } from '../native/libc.js';
import type { ProcessInspector } from '../proc/inspect.js';
import type { MemoryReaper } from './memory-reaper.js';
import { isSignallable, pollForExit, type HasGone } from './pid-handles.js';

/** What handles need of the machine. */
export interface PidfdParts {
  readonly libc: Libc;
  readonly inspector: ProcessInspector;
  /** Undefined where exits have to be polled for. */
  readonly waiter: EventWaiter | undefined;
  /** Undefined where the kernel has no such call. */
  readonly reaper: MemoryReaper | undefined;
  readonly hasGone: HasGone;
}

/**
 * Handles that are pidfds: whoever takes a PID over is never signalled by the one of its predecessor. What is checked after a handle
 * is open is checked of the process that it holds.
 */
export class PidfdHandles implements ProcessHandles {
  readonly #parts: PidfdParts;

  constructor(parts: PidfdParts) {
    this.#parts = parts;
  }

  /** Throws where there can be no handle for want of something (descriptors, memory): that may pass. */
  open(identity: ProcessIdentity): ProcessHandle | undefined {
    const { hasGone, inspector, libc } = this.#parts;
    if (!isSignallable(identity.pid)) {
      return undefined;
    }
    const opened = libc.pidfdOpen(identity.pid);
    if ('error' in opened) {
      // EINVAL: the PID is that of a thread now.
      if (opened.error === 'ESRCH' || opened.error === 'EINVAL') {
        return undefined;
      }
      throw new Error(`no handle on PID ${identity.pid} can be had: ${opened.error}`);
    }
    if (!inspector.isAlive(identity) || hasGone(identity)) {
      closeSync(opened.value);
      return undefined;
    }
    return new PidfdHandle(identity, opened.value, this.#parts);
  }
}

class PidfdHandle implements ProcessHandle {
  readonly identity: ProcessIdentity;
  readonly #pidfd: number;
  readonly #parts: PidfdParts;
  /** Calls off the loop that still use the descriptor: a number that is handed on would be another process. */
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(identity: ProcessIdentity, pidfd: number, parts: PidfdParts) {
    this.identity = identity;
    this.#pidfd = pidfd;
    this.#parts = parts;
  }

  inspect(): ProcessInspection | undefined {
    return this.#parts.inspector.inspect(this.identity);
  }

  signal(signal: Signal): SignalResult {
    // A zombie takes signals, and has nothing left to do with them.
    if (this.#isClosed || !this.#parts.inspector.isAlive(this.identity)) {
      return 'gone';
    }
    const sent = this.#parts.libc.pidfdSendSignal(this.#pidfd, constants.signals[signal]);
    if ('error' in sent) {
      return sent.error === 'ESRCH' ? 'gone' : 'denied';
    }
    if (signal === 'SIGKILL') {
      this.#release();
    }
    return 'sent';
  }

  async waitForExit(abort: AbortSignal): Promise<boolean> {
    const { inspector, waiter } = this.#parts;
    // A pidfd is readable once its process has exited, whoever has the PID by then: pidfd_open(2).
    const hasExited = waiter !== undefined && !abort.aborted && (await this.#exitEvent(waiter, abort));
    return hasExited || (await pollForExit(this.identity, inspector, abort));
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      void Promise.all(this.#underWay).then(() => {
        closeSync(this.#pidfd);
      });
    }
  }

  /** Resolves with false when the abort signal fires, or the waiter is of no use. */
  async #exitEvent(waiter: EventWaiter, abort: AbortSignal): Promise<boolean> {
    return await new Promise<boolean>((resolve) => {
      const over = (hasExited: boolean): void => {
        waiter.unwatch(this.#pidfd);
        abort.removeEventListener('abort', aborted);
        resolve(hasExited);
      };
      const aborted = (): void => {
        over(false);
      };
      abort.addEventListener('abort', aborted);
      const failure = waiter.watch(this.#pidfd, EPOLLIN, (what) => {
        over(what === 'event');
      });
      if (failure !== undefined) {
        over(false);
      }
    });
  }

  #release(): void {
    const released = this.#parts.reaper?.release(this.#pidfd);
    if (released !== undefined) {
      const underWay = released.finally(() => {
        this.#underWay.delete(underWay);
      });
      this.#underWay.add(underWay);
    }
  }
}
