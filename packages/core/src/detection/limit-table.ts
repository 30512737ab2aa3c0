import {
  askForLimits,
  percentOf,
  type Limits,
  type LimitsChange,
  type LimitsOverride,
} from '../decision/limits.js';
import type { HookFailure } from '../hook-failure.js';
import type { Clock, ScanColumns } from '../ports.js';
import { LimitsView, SampleView } from './sample-view.js';

const FIRST_CAPACITY = 4096;
const NO_CHANGE: LimitsChange = {};

/** The limits of every process of a scan, after each override in its turn. Its arrays are used again by the next scan. */
export class LimitTable {
  readonly #clock: Clock;
  #percents = new Float64Array(FIRST_CAPACITY);
  #bytes = new Float64Array(FIRST_CAPACITY);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks one override after the other about all processes, so that each one's time can be told apart. */
  fill(
    columns: ScanColumns,
    common: Limits,
    overrides: readonly LimitsOverride[],
    onFailure: HookFailure,
  ): void {
    this.#grow(columns.count);
    this.#percents.fill(common.percentOfRam, 0, columns.count);
    this.#bytes.fill(common.bytes, 0, columns.count);
    const sample = new SampleView(columns);
    const limits = new LimitsView(this.#percents, this.#bytes);
    for (const override of overrides) {
      const beganMs = this.#clock.monotonicMs();
      for (let index = 0; index < columns.count; index += 1) {
        sample.moveTo(index);
        limits.moveTo(index);
        this.#ask(override, sample, limits, index, onFailure);
      }
      override.meter?.record(columns.count, this.#clock.monotonicMs() - beganMs);
    }
  }

  limitBytesAt(index: number, ramBytes: number): number {
    return Math.min(percentOf(this.#percents[index] ?? 0, ramBytes), this.#bytes[index] ?? 0);
  }

  /** What can't be asked keeps the limit before it; whoever is over that is asked about again, and the doubt is told. */
  #ask(
    override: LimitsOverride,
    sample: SampleView,
    limits: LimitsView,
    index: number,
    onFailure: HookFailure,
  ): void {
    try {
      const { percentOfRam, bytes } = askForLimits(override, sample, limits) ?? NO_CHANGE;
      if (percentOfRam !== undefined) {
        this.#percents[index] = percentOfRam;
      }
      if (bytes !== undefined) {
        this.#bytes[index] = bytes;
      }
    } catch (error) {
      onFailure(override.plugin, 'overrideLimits', error);
    }
  }

  #grow(count: number): void {
    if (count > this.#percents.length) {
      this.#percents = new Float64Array(count * 2);
      this.#bytes = new Float64Array(count * 2);
    }
  }
}
