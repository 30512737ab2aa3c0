import type { GuardFinding } from '../decision/guards.js';
import type { Limit, Limits } from '../decision/limits.js';
import type { Action, TrailEntry } from '../decision/verdict.js';
import type { MachineMemory, Measure, ProcessDetails } from '../process.js';

/** Limits that somebody set: the configuration, or a plugin that changed them. */
export interface ExplainedLimits extends Partial<Limits> {
  /** `configuration`, or `plugin:NAME`. */
  readonly source: string;
  /** In the plugin's words. */
  readonly reason: string | undefined;
}

/** What the monitor thinks of one process, and what it would do with it now. */
export interface Explanation {
  readonly process: ProcessDetails;
  readonly memory: MachineMemory;
  readonly measure: Measure;
  /** The process's memory, as `measure` counts it; undefined where that can't be read. */
  readonly ownBytes: number | undefined;
  /** In the order in which they were set, the configuration's first. */
  readonly limits: readonly ExplainedLimits[];
  /** The limit that counts. */
  readonly limit: Limit;
  /** The guard that protects it. */
  readonly protection: GuardFinding | undefined;
  /** Whether it is over its limit, or a plugin says that something else is. */
  readonly isViolator: boolean;
  /** Since when, milliseconds since 1970; undefined for no violator. */
  readonly sinceMs: number | undefined;
  /** The verdict, if it is one. */
  readonly action: Action | undefined;
  /** Who said what, in order; empty for no violator. */
  readonly trail: readonly TrailEntry[];
  readonly dryRun: boolean;
  /** One sentence: what would happen now, and why. */
  readonly conclusion: string;
}
