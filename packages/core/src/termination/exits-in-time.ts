import { setMaxListeners } from 'node:events';

import type { TerminationRequest } from './terminator.js';

/** The share of the grace period in which a stopping monitor has seen an exit, where the caller says nothing else. */
const STOP_SHARE = 0.95;

export interface ExitWait {
  readonly ms: number;
  readonly stopShare: number | undefined;
  readonly hurry: AbortSignal | undefined;
}

/** Whether `exit` resolves with true before the time is up, somebody is in a hurry, or a stopping monitor can wait no longer. */
export async function exitsInTime(
  { graceMs, stop }: TerminationRequest,
  { ms, stopShare = STOP_SHARE, hurry }: ExitWait,
  exit: (abort: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  const over = new AbortController();
  // Each member of a group listens; Node takes more than ten listeners for a leak, and says so.
  setMaxListeners(0, over.signal);
  const end = (): void => {
    over.abort();
  };
  if (hurry?.aborted === true) {
    end();
  }
  hurry?.addEventListener('abort', end, { signal: over.signal });
  const timeout = stop.sleep(ms, graceMs * stopShare, over.signal).then(() => false);
  try {
    return await Promise.race([exit(over.signal), timeout]);
  } finally {
    end();
  }
}
