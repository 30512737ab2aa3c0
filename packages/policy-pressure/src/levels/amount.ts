import { BYTES_PER_GB } from '@memory-monitor/core';

import type { AmountConfig } from '../config.js';
import { Latch } from './latch.js';

export type Level = 'soft' | 'hard';

/** Without any level in the configuration; earlyoom's. */
const DEFAULTS: AmountConfig = { soft_percent: 10, hard_percent: 5 };
const DEFAULT_MARGIN_PERCENT = 1;

/** The levels of an amount that is not to run out, and on which side of them it is. */
export class Amount {
  readonly #config: AmountConfig;
  readonly #latches: Readonly<Record<Level, Latch>> = { soft: new Latch(), hard: new Latch() };

  constructor(config: AmountConfig) {
    const { soft_percent, soft_gb, hard_percent, hard_gb } = config;
    const isGiven = [soft_percent, soft_gb, hard_percent, hard_gb].some((level) => level !== undefined);
    this.#config = isGiven ? config : { ...DEFAULTS, ...config };
  }

  /** In bytes; of percent and GB the larger one counts. Undefined where there is no such level. */
  bytesOf(level: Level, totalBytes: number): number | undefined {
    const [percent, gb] =
      level === 'soft'
        ? [this.#config.soft_percent, this.#config.soft_gb]
        : [this.#config.hard_percent, this.#config.hard_gb];
    return percent === undefined && gb === undefined ? undefined : bytesOf(percent, gb, totalBytes);
  }

  /** How far above a level it is over. */
  marginBytes(totalBytes: number): number {
    const { margin_percent, margin_gb } = this.#config;
    const isGiven = margin_percent !== undefined || margin_gb !== undefined;
    return bytesOf(isGiven ? margin_percent : DEFAULT_MARGIN_PERCENT, margin_gb, totalBytes);
  }

  /** Takes the latest figure. */
  update(freeBytes: number, totalBytes: number): void {
    for (const level of ['soft', 'hard'] as const) {
      const bytes = this.bytesOf(level, totalBytes);
      if (bytes !== undefined) {
        this.#latches[level].update(freeBytes < bytes, freeBytes >= bytes + this.marginBytes(totalBytes));
      }
    }
  }

  /** Whether it was below the level, and has not been above level and margin since. */
  isShort(level: Level): boolean {
    return this.#latches[level].isOn;
  }
}

/** The larger one. */
export function bytesOf(percent = 0, gb = 0, totalBytes: number): number {
  return Math.max((percent / 100) * totalBytes, gb * BYTES_PER_GB);
}
