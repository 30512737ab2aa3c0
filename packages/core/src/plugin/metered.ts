import type { HookName } from '../hook-failure.js';
import type { Clock } from '../ports.js';
import { isPromiseLike } from '../promise-like.js';
import type { PluginStatistics } from './statistics.js';

/**
 * Runs one call of a hook and counts it: when it begins, so that one that never ends shows too, and its time when it ends.
 * A thenable comes back as a promise: some, such as the queries of a query builder, begin their work anew for each `then`.
 */
export function metered<T>(
  statistics: PluginStatistics,
  clock: Clock,
  plugin: string,
  hook: HookName,
  call: () => T,
): T {
  const beganMs = clock.monotonicMs();
  const countEnd = (): void => {
    statistics.countCalls(plugin, hook, 0, clock.monotonicMs() - beganMs);
  };
  statistics.countCalls(plugin, hook, 1, 0);
  let promise: Promise<unknown> | undefined;
  try {
    const result = call();
    promise = isPromiseLike(result) ? Promise.resolve(result) : undefined;
    return promise === undefined ? result : (promise as T);
  } finally {
    if (promise === undefined) {
      countEnd();
    } else {
      promise.then(countEnd, countEnd);
    }
  }
}
