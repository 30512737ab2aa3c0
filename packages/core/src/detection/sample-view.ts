import type { Limits } from '../decision/limits.js';
import type { ScanColumns } from '../ports.js';
import type { ProcessSample } from '../process.js';
import { rowAt } from './samples.js';

/**
 * One row of a scan's columns at a time, read in place: asking about every process of every scan makes no object for
 * each. It can't be written to.
 */
export class SampleView implements ProcessSample {
  readonly #columns: ScanColumns;
  #index = 0;

  constructor(columns: ScanColumns) {
    this.#columns = columns;
    Object.freeze(this);
  }

  /** A copy of one row, which can't be written to either. */
  static at(columns: ScanColumns, index: number): ProcessSample {
    return Object.freeze(rowAt(columns, index));
  }

  moveTo(index: number): void {
    this.#index = index;
  }

  get pid(): number {
    return this.#columns.pid[this.#index] ?? 0;
  }

  get startTime(): number {
    return this.#columns.startTime[this.#index] ?? 0;
  }

  get uid(): number {
    return this.#columns.uid[this.#index] ?? 0;
  }

  get rssBytes(): number {
    return this.#columns.rssBytes[this.#index] ?? 0;
  }

  get sharedBytes(): number {
    return this.#columns.sharedBytes[this.#index] ?? 0;
  }
}

/** The limits of the same row, as far as they have been asked for. */
export class LimitsView implements Limits {
  readonly #percents: Float64Array;
  readonly #bytes: Float64Array;
  #index = 0;

  constructor(percents: Float64Array, bytes: Float64Array) {
    this.#percents = percents;
    this.#bytes = bytes;
    Object.freeze(this);
  }

  moveTo(index: number): void {
    this.#index = index;
  }

  get percentOfRam(): number {
    return this.#percents[this.#index] ?? 0;
  }

  get bytes(): number {
    return this.#bytes[this.#index] ?? 0;
  }
}
