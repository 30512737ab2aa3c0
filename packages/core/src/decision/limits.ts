import { messageOf } from '../errors.js';
import type { HookFailure } from '../hook-failure.js';
import { shortened } from '../log/shortened.js';
import type { ProcessSample } from '../process.js';
import { isPromiseLike } from '../promise-like.js';

/** What one process may use. Exceeding either is a violation; Infinity is no limit. */
export interface Limits {
  readonly percentOfRam: number;
  readonly bytes: number;
}

/** What a plugin changes of the limits of one process; what it leaves out stays. */
export interface LimitsChange {
  readonly percentOfRam?: number | undefined;
  readonly bytes?: number | undefined;
  /** In words, for the trail: the rule of the plugin's own that it follows. */
  readonly reason?: string | undefined;
}

/** A limit in bytes, and the name of the rule that it comes from. */
export interface Limit {
  readonly limitBytes: number;
  readonly rule: string;
  /** More about the rule, in the words of the plugin that set it. */
  readonly ruleReason?: string | undefined;
}

/** What becomes of a process that a plugin could not be asked about: it is spared, or the plugin counts as silent. */
export type OnFailure = 'spare' | 'ignore';

/** Counts how often a plugin is asked, and how long that takes. */
export interface Meter {
  record(calls: number, tookMs: number): void;
}

/** Changes the limits of one process, or has no opinion. Synchronous: it runs for every process of every scan. */
export interface LimitsOverride {
  readonly plugin: string;
  /** `spare` if left out. */
  readonly onFailure?: OnFailure;
  /** @internal */
  readonly meter?: Meter;
  /** Both arguments may be views that show another process after the call: what has to last is to be copied. */
  limitsFor(sample: ProcessSample, limits: Limits): LimitsChange | undefined;
}

/** An override that could not be asked about one process. */
export interface Doubt {
  readonly plugin: string;
  readonly onFailure: OnFailure;
  readonly message: string;
}

/** One voice about the limits of one process. */
export interface LimitsOpinion {
  readonly plugin: string;
  readonly change: LimitsChange;
}

/** The limits of one process, with everybody who had a say. */
export interface LimitsOfOne {
  readonly limits: Limits;
  /** The limit that counts. */
  readonly limit: Limit;
  readonly opinions: readonly LimitsOpinion[];
  readonly doubts: readonly Doubt[];
}

/** The limit that a process meets first: the smaller of the two. */
export function effectiveLimit(limits: Limits, ramBytes: number): Limit {
  const percentBytes = percentOf(limits.percentOfRam, ramBytes);
  return percentBytes < limits.bytes
    ? { limitBytes: percentBytes, rule: 'ram_percent_threshold' }
    : { limitBytes: limits.bytes, rule: 'ram_gb_threshold' };
}

/** Multiplied first: whole numbers stay exact, where 41 / 100 would be a fraction of a byte off. */
export function percentOf(percent: number, ramBytes: number): number {
  return (percent * ramBytes) / 100;
}

/** Asks one override; throws if its answer is none. Plugins are plain JavaScript in the end. */
export function askForLimits(
  override: LimitsOverride,
  sample: ProcessSample,
  limits: Limits,
): LimitsChange | undefined {
  const change: unknown = override.limitsFor(sample, limits);
  if (change === undefined) {
    return undefined;
  }
  if (typeof change !== 'object' || change === null) {
    throw new Error('the answer is neither undefined nor { percentOfRam, bytes, reason }');
  }
  if (isPromiseLike(change)) {
    Promise.resolve(change).catch(() => undefined);
    throw new Error('the answer is a promise; limits have to be answered at once');
  }
  for (const key in change) {
    if (key !== 'percentOfRam' && key !== 'bytes' && key !== 'reason') {
      throw new Error(`the answer has "${key}"; accepted: percentOfRam, bytes and reason`);
    }
  }
  const { percentOfRam, bytes, reason } = change as LimitsChange;
  if (!isLimit(percentOfRam) || !isLimit(bytes)) {
    throw new Error('percentOfRam and bytes have to be numbers of 0 or more, Infinity for no limit');
  }
  if (reason !== undefined && typeof reason !== 'string') {
    throw new Error('the reason has to be a string');
  }
  return { percentOfRam, bytes, reason: reason === undefined ? undefined : shortened(reason) };
}

function isLimit(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0);
}

/** Asks each override about one process in its turn; the rule names the last plugin that changed the limit that counts. */
export function limitsOfOne(
  common: Limits,
  overrides: readonly LimitsOverride[],
  sample: ProcessSample,
  ramBytes: number,
  onFailure: HookFailure,
): LimitsOfOne {
  let limits = Object.freeze({ ...common });
  let percentSource: LimitsOpinion | undefined;
  let bytesSource: LimitsOpinion | undefined;
  const opinions: LimitsOpinion[] = [];
  const doubts: Doubt[] = [];
  for (const override of overrides) {
    const { plugin } = override;
    try {
      const change = askForLimits(override, sample, limits);
      if (change !== undefined) {
        const opinion = { plugin, change };
        opinions.push(opinion);
        percentSource = change.percentOfRam === undefined ? percentSource : opinion;
        bytesSource = change.bytes === undefined ? bytesSource : opinion;
        limits = Object.freeze({
          percentOfRam: change.percentOfRam ?? limits.percentOfRam,
          bytes: change.bytes ?? limits.bytes,
        });
      }
    } catch (error) {
      onFailure(plugin, 'overrideLimits', error);
      doubts.push({ plugin, onFailure: override.onFailure ?? 'spare', message: messageOf(error) });
    }
  }
  const limit = effectiveLimit(limits, ramBytes);
  const source = limit.rule === 'ram_percent_threshold' ? percentSource : bytesSource;
  const named =
    source === undefined
      ? limit
      : { ...limit, rule: `plugin:${source.plugin}`, ruleReason: source.change.reason };
  return { limits, limit: named, opinions, doubts };
}
