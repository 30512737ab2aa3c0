import {
  effectiveLimit,
  limitsOfOne,
  type Doubt,
  type Limit,
  type Limits,
  type LimitsOverride,
} from '../decision/limits.js';
import type { HookFailure } from '../hook-failure.js';
import type { ScanColumns } from '../ports.js';
import type { Measure, ProcessSample } from '../process.js';
import type { Episodes } from './episodes.js';
import type { LimitTable } from './limit-table.js';
import { quickMeasure } from './measure.js';
import { SampleView } from './sample-view.js';

/** A sample over its limit, by the quick measure. */
export interface Candidate {
  readonly sample: ProcessSample;
  readonly limit: Limit;
  /** Overrides that could not be asked. */
  readonly doubts: readonly Doubt[];
}

export interface DetectionSettings {
  readonly limits: Limits;
  readonly measure: Measure;
  readonly overrides: readonly LimitsOverride[];
  readonly table: LimitTable;
  readonly ramBytes: number;
  readonly onFailure: HookFailure;
}

const NO_DOUBTS: readonly Doubt[] = [];

/**
 * Finds the samples over their limits, and tells `episodes` which of their processes are still there.
 * The quiet path (no overrides, no episode, nobody over the limit) allocates nothing.
 */
export function detect(columns: ScanColumns, settings: DetectionSettings, episodes: Episodes): Candidate[] {
  const { limits, measure, overrides, ramBytes, table } = settings;
  const common = effectiveLimit(limits, ramBytes);
  const candidates: Candidate[] = [];
  const isCommon = overrides.length === 0;
  if (!isCommon) {
    table.fill(columns, limits, overrides, settings.onFailure);
  }
  for (let index = 0; index < columns.count; index += 1) {
    if (episodes.size > 0) {
      episodes.markSeen(columns.pid[index] ?? 0, columns.startTime[index] ?? 0);
    }
    const limitBytes = isCommon ? common.limitBytes : table.limitBytesAt(index, ramBytes);
    if (quickMeasure(measure, columns.rssBytes[index] ?? 0, columns.sharedBytes[index] ?? 0) > limitBytes) {
      const sample = SampleView.at(columns, index);
      candidates.push(isCommon ? { sample, limit: common, doubts: NO_DOUBTS } : overridden(sample, settings));
    }
  }
  return candidates;
}

/** Asks again, for who said what: the table holds numbers only. */
function overridden(
  sample: ProcessSample,
  { limits, overrides, ramBytes, onFailure }: DetectionSettings,
): Candidate {
  const { limit, doubts } = limitsOfOne(limits, overrides, sample, ramBytes, onFailure);
  return { sample, limit, doubts };
}
