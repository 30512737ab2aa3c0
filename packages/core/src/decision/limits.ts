import type { ProcessSample } from '../process.js';

/** What one process may use. Exceeding either is a violation; Infinity is no limit. */
export interface Limits {
  readonly percentOfRam: number;
  readonly bytes: number;
}

/** A limit in bytes, and the name of the rule that it comes from. */
export interface Limit {
  readonly limitBytes: number;
  readonly rule: string;
}

/** Changes the limits of one process, or has no opinion. Synchronous: it runs for every process of every scan. */
export interface LimitsOverride {
  readonly plugin: string;
  limitsFor(sample: ProcessSample): Partial<Limits> | undefined;
}

/** The limit that a process meets first: the smaller of the two. */
export function effectiveLimit(limits: Limits, ramBytes: number): Limit {
  // Multiplied first: whole numbers stay exact, where 41 / 100 would be a fraction of a byte off.
  const percentBytes = (limits.percentOfRam * ramBytes) / 100;
  return percentBytes < limits.bytes
    ? { limitBytes: percentBytes, rule: 'ram_percent_threshold' }
    : { limitBytes: limits.bytes, rule: 'ram_gb_threshold' };
}

/** Limits after each override in its turn; the rule names the last plugin that changed the limit that counts. */
export function overriddenLimit(
  limits: Limits,
  overrides: readonly LimitsOverride[],
  sample: ProcessSample,
  ramBytes: number,
): Limit {
  let current = limits;
  let percentSource: string | undefined;
  let bytesSource: string | undefined;
  for (const override of overrides) {
    const change = override.limitsFor(sample);
    if (change?.percentOfRam !== undefined) {
      current = { ...current, percentOfRam: change.percentOfRam };
      percentSource = override.plugin;
    }
    if (change?.bytes !== undefined) {
      current = { ...current, bytes: change.bytes };
      bytesSource = override.plugin;
    }
  }
  const limit = effectiveLimit(current, ramBytes);
  const source = limit.rule === 'ram_percent_threshold' ? percentSource : bytesSource;
  return source === undefined ? limit : { ...limit, rule: `plugin:${source}` };
}
