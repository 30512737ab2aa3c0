import { readlinkSync } from 'node:fs';

import type { MonitorProcess } from '@memory-monitor/core';

import type { ProcessInspector } from './proc/inspect.js';

/** The process that this is. */
export class ThisProcess implements MonitorProcess {
  readonly pid = process.pid;
  readonly #inspector: ProcessInspector;

  constructor(inspector: ProcessInspector) {
    this.#inspector = inspector;
  }

  ancestors(): readonly number[] {
    return this.#inspector.ancestorsOf(this.pid);
  }

  ownsProcTree(): boolean {
    try {
      return readlinkSync('/proc/self') === String(this.pid);
    } catch {
      return false;
    }
  }
}
