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

/**
 * Handles that are a PID and a start time, for kernels and sandboxes without pidfds. Between the check and the signal
 * there is no more than a system call, but a successor of the same PID that started in the same 10 ms looks the same.
 */
export class PidHandles implements ProcessHandles {
  readonly #inspector: ProcessInspector;

  constructor(inspector: ProcessInspector) {
    this.#inspector = inspector;
  }

  open(identity: ProcessIdentity): ProcessHandle | undefined {
    return this.#inspector.isAlive(identity) ? new PidHandle(identity, this.#inspector) : undefined;
  }
}

class PidHandle implements ProcessHandle {
  readonly identity: ProcessIdentity;
  readonly #inspector: ProcessInspector;

  constructor(identity: ProcessIdentity, inspector: ProcessInspector) {
    this.identity = identity;
    this.#inspector = inspector;
  }

  inspect(): ProcessInspection | undefined {
    return this.#inspector.inspect(this.identity);
  }

  signal(signal: Signal): SignalResult {
    const { pid } = this.identity;
    if (!isSignallable(pid) || !this.#inspector.isAlive(this.identity)) {
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
