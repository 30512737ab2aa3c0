import type { Measure, ProcessDetails } from '../process.js';

/** A process over its limits: one episode, from the first scan over the limit until three scans below it. */
export interface Violation {
  readonly process: ProcessDetails;
  readonly measure: Measure;
  /** The process's memory as `measure` counts it, at the latest scan. */
  readonly usedBytes: number;
  /** The limit that it exceeds. */
  readonly limitBytes: number;
  /** Name of the limit: `ram_percent_threshold`, `ram_gb_threshold`, or `plugin:NAME`. */
  readonly rule: string;
  /** Total RAM when it was measured. */
  readonly ramBytes: number;
  /** When the episode began, milliseconds since 1970. */
  readonly sinceMs: number;
  /** For how long it has lasted. */
  readonly lastedMs: number;
}
