import type { MemoryPressure } from '@memory-monitor/core';

import type { PsiConfig } from '../config.js';
import type { Level } from './amount.js';
import { Latch } from './latch.js';

const FIGURES = [
  { key: 'some_avg10', figure: 'someAvg10', words: 'some work stood still for {} of the last 10 s' },
  { key: 'some_avg60', figure: 'someAvg60', words: 'some work stood still for {} of the last 60 s' },
  { key: 'full_avg10', figure: 'fullAvg10', words: 'all work stood still for {} of the last 10 s' },
  { key: 'full_avg60', figure: 'fullAvg60', words: 'all work stood still for {} of the last 60 s' },
] as const;

/** Levels of PSI, and whether one of them is exceeded. */
export class Stalls {
  readonly #config: PsiConfig;
  readonly #latches = new Map<string, Latch>();

  constructor(config: PsiConfig) {
    this.#config = config;
  }

  /** Takes the latest figures; returns which one is over its level, in words. */
  update(level: Level, pressure: MemoryPressure): string | undefined {
    let why: string | undefined;
    for (const { key, figure, words } of FIGURES) {
      const limit = this.#config[`${level}_${key}`];
      if (limit !== undefined) {
        const percent = pressure[figure];
        const isOver = this.#latch(`${level}_${key}`).update(
          percent > limit,
          percent <= limit - this.#config.margin,
        );
        why ??= isOver ? words.replace('{}', `${percent}%`) : undefined;
      }
    }
    return why;
  }

  /** Memory is not short: what was over its level has to exceed it anew. */
  forget(): void {
    this.#latches.clear();
  }

  #latch(key: string): Latch {
    const latch = this.#latches.get(key) ?? new Latch();
    this.#latches.set(key, latch);
    return latch;
  }
}
