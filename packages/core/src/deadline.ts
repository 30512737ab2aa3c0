import type { Clock } from './ports.js';

/** What `within` resolves with when the work has not come to its end in time. */
export const LATE = Symbol('late');

/** Sleeps until the time is over or the signal fires: a clock does, and a stop. */
export type Sleep = (ms: number, abort: AbortSignal) => Promise<void>;

/**
 * Waits for `work`, but no longer than `ms`. Rejects if the work does so in time; what it does later is ignored.
 * `work` may be a plain value, so that hooks can answer at once.
 */
export async function within<T>(
  sleep: Sleep,
  ms: number,
  work: T | PromiseLike<T>,
): Promise<T | typeof LATE> {
  const done = new AbortController();
  const promise = Promise.resolve(work);
  const late = sleep(ms, done.signal).then((): typeof LATE => LATE);
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
    promise.catch(() => undefined);
  }
}

/** The same, where being late is a failure: rejects with a sentence. */
export async function inTime<T>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  work: T | PromiseLike<T>,
  what: string,
): Promise<T> {
  const result = await within((sleepMs, abort) => clock.sleep(sleepMs, abort), ms, work);
  if (result === LATE) {
    throw new Error(`${what} within ${Math.round(ms)} ms`);
  }
  return result;
}
