import { fitsWildcard } from '@memory-monitor/core';

/** Whether a name fits one of the patterns. */
export function fitsAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => fitsWildcard(pattern, name));
}

/** Whether it is the number of a user or of a group, and no name. */
export function isId(pattern: string): boolean {
  return /^\d+$/.test(pattern);
}
