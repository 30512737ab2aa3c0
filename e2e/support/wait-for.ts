import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>;

/**
 * Asks until the answer is truthy, and returns it. An answer that throws counts as "not yet"; the last such error is
 * the cause of the failure.
 */
export async function waitFor<T>(
  predicate: () => T | Promise<T>,
  description: string,
  timeoutMs = 30_000,
): Promise<Truthy<T>> {
  const start = performance.now();
  for (;;) {
    let cause: unknown;
    try {
      const answer = await predicate();
      if (answer) return answer as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() - start > timeoutMs) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${description}.`, { cause });
    }
    await sleep(POLL_MS);
  }
}
