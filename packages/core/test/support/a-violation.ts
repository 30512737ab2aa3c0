import type { ProcessDetails, Violation } from '@memory-monitor/core';

import { GB } from './hogs.js';

/** The violation of the Python service's own example: chrome of john, 3.5 GB of 16 GB. */
export function aViolation(process: Partial<ProcessDetails> = {}, more: Partial<Violation> = {}): Violation {
  return {
    process: {
      pid: 12345,
      startTime: 678,
      uid: 1000,
      rssBytes: 3.5 * GB,
      sharedBytes: 0,
      name: 'chrome',
      comm: 'chrome',
      executable: '/opt/chrome/chrome',
      commandLine: undefined,
      user: 'john',
      gid: 1000,
      group: 'john',
      parentPid: 1,
      sessionId: 12345,
      terminal: undefined,
      cgroup: undefined,
      unit: undefined,
      oomScoreAdj: 0,
      startedAtMs: 0,
      anonymousBytes: 3.5 * GB,
      fileBytes: 0,
      sharedMemoryBytes: 0,
      swapBytes: 0,
      pssBytes: undefined,
      ...process,
    },
    measure: 'rss',
    usedBytes: 3.5 * GB,
    limitBytes: 2 * GB,
    rule: 'ram_gb_threshold',
    raisedBy: undefined,
    ruleReason: undefined,
    ownBytes: 3.5 * GB,
    spareBelowBytes: 2 * GB,
    ramBytes: 16 * GB,
    sinceMs: Date.UTC(2025, 9, 3, 10, 15, 30),
    lastedMs: 0,
    ...more,
  };
}
