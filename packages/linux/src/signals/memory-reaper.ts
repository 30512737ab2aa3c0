import { ConcurrencyGate } from '../concurrency-gate.js';
import type { Libc } from '../native/libc.js';

/** Each takes a thread of libuv's pool, and a processor. */
const AT_ONCE = 1;
/** Whoever comes later gives its memory back as it always did: by itself. */
const MOST_WAITING = 16;
/** It is gone, is not dying (yet), or is busy: none of it says that the call does not work here. */
const NO_FAULTS: ReadonlySet<string> = new Set(['ESRCH', 'EINVAL', 'EAGAIN', 'EINTR']);

/** Gives the memory of processes that are dying back at once, process_mrelease(2), whatever holds them up. */
export class MemoryReaper {
  readonly #libc: Libc;
  readonly #gate = new ConcurrencyGate(AT_ONCE, MOST_WAITING);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Resolves with the name of the error if the call does not work here; never rejects. */
  async release(pidfd: number): Promise<string | undefined> {
    return await this.#gate.run(async () => await this.#call(pidfd));
  }

  async #call(pidfd: number): Promise<string | undefined> {
    try {
      const result = await this.#libc.processMrelease(pidfd);
      return 'error' in result && !NO_FAULTS.has(result.error) ? result.error : undefined;
    } catch (error) {
      return String(error);
    }
  }
}
