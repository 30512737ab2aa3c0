import type { GroupKind } from '../ports.js';
import type { ProcessDetails } from '../process.js';
import type { ViolationMeasure } from './measure.js';

/** A process over its limits: one episode, from the first scan over the limit until three scans below it. */
export interface Violation {
  readonly process: ProcessDetails;
  readonly measure: ViolationMeasure;
  /** What counts against the limit, at the latest scan: the process's memory, or what a plugin says (a user's total). */
  readonly usedBytes: number;
  /** The limit that is exceeded. */
  readonly limitBytes: number;
  /** Name of the limit: `ram_percent_threshold`, `ram_gb_threshold`, or `plugin:NAME`. */
  readonly rule: string;
  /** The plugin that has raised it; undefined where a process is over its own limits. */
  readonly raisedBy: string | undefined;
  /** More about the limit, in the words of the plugin that set it or raised the violation. */
  readonly ruleReason: string | undefined;
  /** The process's own memory, as `measure` counts it; the same as `usedBytes` but where a plugin raised the violation. */
  readonly ownBytes: number;
  /** Right before each signal, the process is let live if its own memory is no more than this. */
  readonly spareBelowBytes: number;
  /** Set where the plugin that has raised it says that the machine itself is at stake: no cap of kills a minute holds. */
  readonly isUrgent?: boolean;
  /** Right before each signal, the process is let live if the machine has at least so much available. */
  readonly spareAboveAvailableBytes?: number;
  /** Seconds between SIGTERM and SIGKILL where the plugin says so; otherwise those of the configuration. */
  readonly graceSeconds?: number;
  /** What is ended together with the process, where the plugin that has raised it says so. */
  readonly target?: GroupKind;
  /** Total RAM when it was measured. */
  readonly ramBytes: number;
  /** When the episode began, milliseconds since 1970. */
  readonly sinceMs: number;
  /** For how long it has lasted. */
  readonly lastedMs: number;
}

/** The machine is short of memory: the signal goes before everything that only tells of it, or makes what is told richer. */
export function isPressing({
  isUrgent,
  spareAboveAvailableBytes,
}: Pick<Violation, 'isUrgent' | 'spareAboveAvailableBytes'>): boolean {
  return isUrgent === true || spareAboveAvailableBytes !== undefined;
}
