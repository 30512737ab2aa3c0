import type { Facts, Notice, ProcessFacts, Recipient } from '#src/notice/notice.js';

export const GB = 1024 ** 3;
export const NOW_MS = Date.parse('2026-11-25T09:15:30Z');
export const ADMIN: Recipient = { address: 'root', audience: 'admin' };
export const OWNER: Recipient = { address: 'alice@example.org', audience: 'owner' };

let lastId = 0;

export function aNotice(changes: Partial<Notice> = {}): Notice {
  lastId += 1;
  return {
    version: 1,
    id: `notice-${lastId}`,
    atMs: NOW_MS,
    host: 'node1',
    recipients: [ADMIN],
    dryRun: false,
    cause: 'kill python3 of alice, ram_gb_threshold',
    facts: processFacts(),
    ...changes,
  };
}

export function processFacts(changes: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    kind: 'kill',
    process: {
      pid: 4711,
      name: 'python3',
      user: 'alice',
      uid: 1000,
      startedAtMs: NOW_MS - 60_000,
      unit: 'session-3.scope',
      commandLine: undefined,
    },
    measure: 'rss',
    ownBytes: 14.2 * GB,
    usedBytes: 14.2 * GB,
    limitBytes: 8 * GB,
    rule: 'ram_gb_threshold',
    ruleReason: undefined,
    raisedBy: undefined,
    outcome: 'terminated',
    signal: 'SIGTERM',
    tookMs: 840,
    lastedMs: 31_000,
    reason: 'it exited after SIGTERM',
    trail: [{ source: 'limits', action: 'kill', reason: 'rss of 14.20GB is over ram_gb_threshold, 8.00GB' }],
    memory: { totalBytes: 64 * GB, availableBytes: 9.5 * GB, usedBytes: 54.5 * GB },
    history: { atMs: [NOW_MS - 60_000, NOW_MS], bytes: [2 * GB, 14.2 * GB] },
    others: [{ pid: 812, name: 'postgres', user: 'postgres', bytes: 11.2 * GB }],
    ...changes,
  };
}

/** Facts of each kind that is not about a process over its limit. */
export const OTHER_FACTS: readonly Facts[] = [
  { kind: 'plugin', plugin: 'mine', hook: 'decide', message: 'boom', place: '/etc/mine.ts:1:2', failures: 3 },
  { kind: 'config', errors: ['/etc/config.toml:3:1: no such key'] },
  {
    kind: 'recovered',
    process: { pid: 4711, name: 'python3', user: 'alice' },
    isStillRunning: false,
    why: 'too much',
  },
  { kind: 'restart-loop', unit: 'indexer.service', name: 'indexer', rebirths: 3 },
  { kind: 'overflow', count: 312 },
];
