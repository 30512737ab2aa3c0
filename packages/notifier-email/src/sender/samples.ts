import { hostname } from 'node:os';

import type { Audience, Notice, ProcessFacts } from '../notice/notice.js';
import { digestLetter, fold, type FoldedCause } from '../letter/digest-letter.js';
import { letterOf } from '../letter/letter-of.js';
import { paragraph, type Letter } from '../letter/letter.js';

const GB = 1024 ** 3;
const MINUTE_MS = 60_000;
const POINTS = 60;
const STEP_MS = 10_000;

export interface Sample {
  /** What it is a sample of. */
  readonly title: string;
  readonly letter: Letter;
}

/** One letter of each kind, about things that have not happened. */
export function sampleLetters(nowMs: number, contact: string | undefined): Sample[] {
  const sample = (title: string, facts: Notice['facts'], audience: Audience = 'admin'): Sample => ({
    title,
    letter: marked(letterOf({ notice: noticeOf(facts, nowMs), audience, contact })),
  });
  const kill = processFacts('kill', nowMs);
  return [
    sample('a process was ended, to admins', kill),
    sample('a process was ended, to its owner', kill, 'owner'),
    sample('a warning, to admins', processFacts('warn', nowMs)),
    sample('a warning, to the owner', processFacts('warn', nowMs), 'owner'),
    sample('a process could not be ended', processFacts('failed', nowMs)),
    sample('the cap on kills was reached', processFacts('cap', nowMs)),
    sample('a plugin failed', {
      kind: 'plugin',
      plugin: 'my-plugin',
      hook: 'decide',
      message: 'Cannot read properties of undefined',
      place: '/etc/memory-monitor/plugins/my-plugin.ts:12:7',
      failures: 1,
    }),
    sample('a configuration was refused', {
      kind: 'config',
      errors: [
        '/etc/memory-monitor/config.toml:3:1: thresholds.ram_gb_treshold: no such key; did you mean ram_gb_threshold?',
      ],
    }),
    sample('a kill was interrupted', {
      kind: 'recovered',
      process: { pid: 4711, name: 'python3', user: 'alice' },
      isStillRunning: false,
      why: 'rss of 14.20GB is over ram_gb_threshold, 8.00GB',
    }),
    sample('a service that starts again and again', {
      kind: 'restart-loop',
      unit: 'indexer.service',
      name: 'indexer',
      rebirths: 3,
    }),
    { title: 'a digest', letter: marked(sampleDigest(nowMs)) },
  ];
}

function sampleDigest(nowMs: number): Letter {
  const notices = Array.from({ length: 12 }, (_, index) => ({
    ...noticeOf(processFacts('kill', nowMs), nowMs - index * 30_000),
    cause: index < 9 ? 'python3' : 'R',
  }));
  const causes = notices.reduce<readonly FoldedCause[]>(fold, []);
  return digestLetter({
    host: hostname(),
    audience: 'admin',
    isFirst: false,
    sinceMs: nowMs - 10 * MINUTE_MS,
    untilMs: nowMs,
    causes,
  });
}

/** Nobody is to take one for real. */
function marked(letter: Letter): Letter {
  return {
    ...letter,
    subject: letter.subject.replace('] ', '] TEST: '),
    headline: `Test: ${letter.headline}`,
    blocks: [
      paragraph('This is a sample that "memory-monitor notify test" has sent. Nothing has happened.'),
      ...letter.blocks,
    ],
  };
}

function noticeOf(facts: Notice['facts'], atMs: number): Notice {
  return {
    version: 1,
    id: 'sample',
    atMs,
    host: hostname(),
    recipients: [],
    dryRun: false,
    cause: 'sample',
    facts,
  };
}

function processFacts(kind: ProcessFacts['kind'], nowMs: number): ProcessFacts {
  const usedBytes = kind === 'warn' ? 7.1 * GB : 14.2 * GB;
  const limitBytes = kind === 'warn' ? 6.4 * GB : 8 * GB;
  const isKill = kind === 'kill';
  const steps = Array.from({ length: POINTS }, (_, index) => index);
  const growth = (index: number): number => (0.2 + 0.8 * (index / (POINTS - 1)) ** 2) * usedBytes;
  const rule = kind === 'warn' ? 'plugin:policy-user' : 'ram_gb_threshold';
  const reason = `rss of ${(usedBytes / GB).toFixed(2)}GB is over ${rule}, ${(limitBytes / GB).toFixed(2)}GB`;
  return {
    kind,
    process: {
      pid: 4711,
      name: 'python3',
      user: 'alice',
      uid: 1000,
      startedAtMs: nowMs - 95 * MINUTE_MS,
      unit: 'session-12.scope',
      commandLine: undefined,
    },
    measure: 'rss',
    ownBytes: usedBytes,
    usedBytes,
    limitBytes,
    rule,
    ruleReason: undefined,
    raisedBy: kind === 'warn' ? 'policy-user' : undefined,
    outcome: isKill ? 'terminated' : kind === 'failed' ? 'failed' : undefined,
    signal: isKill ? 'SIGTERM' : undefined,
    tookMs: isKill ? 840 : undefined,
    lastedMs: 31_000,
    reason: REASONS[kind] ?? reason,
    trail: [{ source: 'limits', action: kind === 'warn' ? 'warn' : 'kill', reason }],
    memory: { totalBytes: 64 * GB, availableBytes: 9.5 * GB, usedBytes: 54.5 * GB },
    history: {
      atMs: steps.map((index) => nowMs - (POINTS - 1 - index) * STEP_MS),
      bytes: steps.map(growth),
    },
    others: [
      { pid: 812, name: 'postgres', user: 'postgres', bytes: 11.2 * GB },
      { pid: 5120, name: 'rsession', user: 'bob', bytes: 6.4 * GB },
      { pid: 977, name: 'mysqld', user: 'mysql', bytes: 3.1 * GB },
    ],
  };
}

const REASONS: Partial<Record<ProcessFacts['kind'], string>> = {
  warn: 'rule "students" warns from 80% of a limit on',
  failed: 'it does not exit after SIGKILL: it is stuck in the kernel',
  cap: 'the cap of 10 kills a minute is reached for user alice',
};
