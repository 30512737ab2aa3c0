import type { Clock } from '@memory-monitor/core';

import { sleep } from './sleep.js';

/** The machine's time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  async sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void> {
    await sleep(ms, ...aborts);
  }
}
