import type { Judge } from './decision/judge.js';
import type { LimitsOverride } from './decision/limits.js';
import type { Detector } from './detection/detector.js';
import type { EarlyScan } from './early-scan.js';
import type { IntervalOverride } from './interval.js';
import type { Clock, IntentLog, ProcessSource } from './ports.js';
import type { TerminatorInForce } from './termination/dispatcher.js';

/** The clock of the plugins that are in force, and whom to tell when it fails. */
export interface ClockInForce {
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** What a tick goes through, built upon the services and the overrides of one set of plugins. A reload replaces it whole. */
export interface Stages {
  readonly clock: ClockInForce;
  readonly source: ProcessSource;
  readonly detector: Detector;
  readonly judge: Judge;
  readonly terminator: TerminatorInForce;
  readonly intents: IntentLog;
  readonly intervals: readonly IntervalOverride[];
  readonly earlyScans: readonly EarlyScan[];
  readonly limits: readonly LimitsOverride[];
  /** The same two stages on copies of their state: what would happen, without any of it happening. */
  readonly preview: () => Pick<Stages, 'detector' | 'judge'>;
  /** Told when reading the machine fails: where a plugin has replaced the process source, it is the plugin's failure. */
  readonly onSourceFailure: (error: unknown) => void;
}
