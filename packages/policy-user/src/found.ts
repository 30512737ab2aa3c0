import type { ProcessSample } from '@memory-monitor/core';

import type { Rule } from './rules/rule.js';

/** By which rule something was raised, and how far it has gone. */
export interface Raised {
  readonly rule: Rule;
  readonly level: 'limit' | 'warning';
  /** Whose memory together; undefined for a single process. */
  readonly what: string | undefined;
}

/** What is over a limit, or near it. */
export interface Found extends Raised {
  /** Who is to go, the first one first. */
  readonly processes: readonly ProcessSample[];
  readonly usedBytes: number;
  readonly limitBytes: number;
}
