import type {
  ProcessHandle,
  ProcessHandles,
  ProcessIdentity,
  ProcessInspection,
  Signal,
  SignalResult,
} from '@memory-monitor/core';

import type { ProcessInspector } from '../proc/inspect.js';
import { sleep } from '../sleep.js';

const FIRST_POLL_MS = 10;
const LONGEST_POLL_MS = 100;

/** Whether this very process is known to have gone, however its PID looks now: by something else that holds on to it. */
export type HasGone = (identity: ProcessIdentity) => boolean;

/** Nothing does. */
export const NOBODY_HOLDS: HasGone = () => false;

/**
 * Handles that are a PID and a start time, for kernels and sandboxes without pidfds. Between the check and the signal there is no
 * more than a system call; a successor that started in the same 10 ms looks the same, unless something holds on to the process.
 */
export class PidHandles implements ProcessHandles {
  readonly #inspector: ProcessInspector;
  readonly #hasGone: HasGone;

  constructor(inspector: ProcessInspector, hasGone = NOBODY_HOLDS) {
    this.#inspector = inspector;
    this.#hasGone = hasGone;
  }

  open(identity: ProcessIdentity): ProcessHandle | undefined {
    return this.#inspector.isAlive(identity) && !this.#hasGone(identity)
      ? new PidHandle(identity, this.#inspector, this.#hasGone)
      : undefined;
  }
}

class PidHandle implements ProcessHandle {
  readonly identity: ProcessIdentity;
  readonly #inspector: ProcessInspector;
  readonly #hasGone: HasGone;

  constructor(identity: ProcessIdentity, inspector: ProcessInspector, hasGone: HasGone) {
    this.identity = identity;
    this.#inspector = inspector;
    this.#hasGone = hasGone;
  }

  inspect(): ProcessInspection | undefined {
    return this.#inspector.inspect(this.identity);
  }

  signal(signal: Signal): SignalResult {
    const { pid } = this.identity;
    if (!isSignallable(pid) || !this.#inspector.isAlive(this.identity) || this.#hasGone(this.identity)) {
      return 'gone';
    }
    try {
      process.kill(pid, signal);
      return 'sent';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'denied' : 'gone';
    }
  }

  async waitForExit(abort: AbortSignal): Promise<boolean> {
    return await pollForExit(this.identity, this.#inspector, abort);
  }

  close(): void {
    // There is nothing to give back: the handle is two numbers.
  }
}

/** kill(2) takes 0 and negative numbers for groups of processes, and 1 is never ours to end. */
export function isSignallable(pid: number): boolean {
  return Number.isInteger(pid) && pid > 1;
}

/** Looks again and again; false when the abort signal fires first. */
export async function pollForExit(
  identity: ProcessIdentity,
  inspector: ProcessInspector,
  abort: AbortSignal,
): Promise<boolean> {
  let pollMs = FIRST_POLL_MS;
  while (!abort.aborted) {
    if (!inspector.isAlive(identity)) {
      return true;
    }
    await sleep(pollMs, abort);
    pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS);
  }
  return false;
}
