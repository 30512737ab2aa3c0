import {
  effectiveLimit,
  overriddenLimit,
  type Limit,
  type Limits,
  type LimitsOverride,
} from '../decision/limits.js';
import type { ScanColumns } from '../ports.js';
import type { Measure, ProcessSample } from '../process.js';
import type { Episodes } from './episodes.js';
import { quickMeasure } from './measure.js';

/** A sample over its limit, by the quick measure. */
export interface Candidate {
  readonly sample: ProcessSample;
  readonly limit: Limit;
}

export interface DetectionSettings {
  readonly limits: Limits;
  readonly measure: Measure;
  readonly overrides: readonly LimitsOverride[];
  readonly ramBytes: number;
}

/**
 * Finds the samples over their limits, and tells `episodes` which of their processes are still there.
 * The quiet path (no overrides, no episode, nobody over the limit) allocates nothing.
 */
export function detect(columns: ScanColumns, settings: DetectionSettings, episodes: Episodes): Candidate[] {
  const { measure, overrides, ramBytes } = settings;
  const common = effectiveLimit(settings.limits, ramBytes);
  const candidates: Candidate[] = [];
  for (let index = 0; index < columns.count; index += 1) {
    if (episodes.size > 0) {
      episodes.markSeen(columns.pid[index] ?? 0, columns.startTime[index] ?? 0);
    }
    if (
      overrides.length === 0 &&
      quickMeasure(measure, columns.rssBytes[index] ?? 0, columns.sharedBytes[index] ?? 0) <=
        common.limitBytes
    ) {
      continue;
    }
    const sample = sampleAt(columns, index);
    const limit =
      overrides.length === 0 ? common : overriddenLimit(settings.limits, overrides, sample, ramBytes);
    if (quickMeasure(measure, sample.rssBytes, sample.sharedBytes) > limit.limitBytes) {
      candidates.push({ sample, limit });
    }
  }
  return candidates;
}

function sampleAt(columns: ScanColumns, index: number): ProcessSample {
  return {
    pid: columns.pid[index] ?? 0,
    startTime: columns.startTime[index] ?? 0,
    uid: columns.uid[index] ?? 0,
    rssBytes: columns.rssBytes[index] ?? 0,
    sharedBytes: columns.sharedBytes[index] ?? 0,
  };
}
