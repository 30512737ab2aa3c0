import type { LimitsOverride } from './decision/limits.js';
import type { Decider } from './decision/pipeline.js';
import type { PluginDetector } from './detection/raised.js';
import type { EarlyScan } from './early-scan.js';
import type { IntervalOverride } from './interval.js';

/** What plugins have registered to be asked, each kind in the order of the configuration. */
export interface Extensions {
  readonly intervals: readonly IntervalOverride[];
  readonly earlyScans: readonly EarlyScan[];
  readonly limits: readonly LimitsOverride[];
  readonly detectors: readonly PluginDetector[];
  readonly deciders: readonly Decider[];
}

/** No plugin asks or answers anything. */
export const NO_EXTENSIONS: Extensions = {
  intervals: [],
  earlyScans: [],
  limits: [],
  detectors: [],
  deciders: [],
};
