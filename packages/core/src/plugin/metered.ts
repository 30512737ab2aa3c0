import type { HookName } from '../hook-failure.js';
import type { Clock } from '../ports.js';
import { isPromiseLike } from '../promise-like.js';
import type { PluginStatistics } from './statistics.js';

/** Runs one call of a hook and counts it: when it begins, so that one that never ends shows too, and its time when it ends. */
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
  let result: T | undefined;
  try {
    result = call();
    return result;
  } finally {
    if (isPromiseLike(result)) {
      result.then(countEnd, countEnd);
    } else {
      countEnd();
    }
  }
}
