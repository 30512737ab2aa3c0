import {
  identityKey,
  type Clock,
  type DeciderAnswer,
  type Detection,
  type DetectScan,
  type LimitsChange,
  type Measure,
  type ProcessSample,
  type ProcessSource,
  type UserDatabase,
  type Violation,
} from '@memory-monitor/core';

import { fitsAny } from './rules/patterns.js';
import type { RuleBook } from './rules/rule-book.js';
import { bytesOf, type Rule } from './rules/rule.js';
import { FairMemory } from './totals/fair-memory.js';
import { Growth } from './totals/growth.js';
import { OverSince } from './totals/over-since.js';
import { totalsOf, type Household, type Total } from './totals/total.js';
import { victims } from './totals/victims.js';

const LOOK_UP_MS = 200;
const FAIR_MEMORY_MS = 300;
/** The core takes no more of a scan. */
const MOST_DETECTIONS = 1000;
/** When a user has become known who was not when the limits were asked for. */
const SOON_MS = 100;
const NOT_KNOWN_YET: LimitsChange = {
  bytes: Infinity,
  percentOfRam: Infinity,
  reason: 'whose process it is, is not known yet',
};

type Level = 'limit' | 'warning';

interface Raised {
  readonly rule: Rule;
  readonly level: Level;
  /** Undefined for a single process. */
  readonly what: string | undefined;
}

export interface UserPolicyParts {
  /** Its name, as violations have it. */
  readonly plugin: string;
  readonly book: RuleBook;
  readonly users: UserDatabase;
  readonly source: ProcessSource;
  readonly clock: Clock;
  readonly measure: () => Measure;
  readonly warn: (message: string) => void;
}

/** Applies the rules to each scan: limits of processes, totals, levels of warning. */
export class UserPolicy {
  readonly #parts: UserPolicyParts;
  readonly #fairMemory: FairMemory;
  readonly #growth: Growth;
  /** Uids whose rule was not known when their limits were asked for. */
  readonly #unknown = new Set<number>();
  /** Totals by their key, processes by theirs. */
  readonly #overSince: OverSince;
  /** By limit and reason. */
  #raised = new Map<string, Raised>();
  /** When something changes that no scan brings about, on the monotonic clock. */
  #nextMs = Infinity;
  #isUnknownTold = false;

  constructor(parts: UserPolicyParts) {
    this.#parts = parts;
    this.#fairMemory = new FairMemory(parts.source, parts.clock);
    this.#growth = new Growth(parts.clock);
    this.#overSince = new OverSince(parts.clock);
  }

  /** Of one process; on the hot path. */
  limits({ uid }: ProcessSample): LimitsChange | undefined {
    const rule = this.#parts.book.ruleFor(uid);
    if (rule === 'unknown') {
      this.#unknown.add(uid);
      return NOT_KNOWN_YET;
    }
    return rule === 'none' ? undefined : rule.limits;
  }

  async detect({ memory, samples, terminating }: DetectScan): Promise<Detection[]> {
    const { book } = this.#parts;
    this.#nextMs = Infinity;
    const all = rowsOf(samples);
    await book.lookUp(new Set(all.map(({ uid }) => uid)), LOOK_UP_MS);
    this.#lookAtUnknown();
    const households = this.#householdsOf(without(all, terminating));
    this.#overSince.beginScan();
    this.#observe(households, memory);
    const totals = await this.#overTotals(totalsOf(households, memory));
    const processes = households.flatMap((household) => this.#nearLimit(household, memory));
    this.#overSince.endScan();
    book.forget();
    return this.#remember([...totals, ...processes]);
  }

  decide(violation: Violation): DeciderAnswer {
    const raised = this.#raisedFor(violation);
    if (raised === undefined) {
      return undefined;
    }
    const { rule, level, what } = raised;
    const { name } = violation.process;
    if (fitsAny(rule.exemptNames, name)) {
      return { verdict: { action: 'spare' }, reason: `${rule.title} exempts ${name}` };
    }
    if (level === 'warning') {
      const percent = Math.round((rule.warnShare ?? 1) * 100);
      return { verdict: { action: 'warn' }, reason: `${rule.title} warns from ${percent}% of a limit on` };
    }
    if (what === undefined && this.#isTolerated(identityKey(violation.process), rule)) {
      const seconds = rule.tolerateMs / 1000;
      return { verdict: { action: 'spare' }, reason: `${rule.title} tolerates this for ${seconds} s` };
    }
    return rule.onlyWarns ? { verdict: { action: 'warn' }, reason: `${rule.title} only warns` } : undefined;
  }

  /** Seconds until the next scan. */
  interval(currentSeconds: number): number {
    return Math.min(currentSeconds, (this.#nextMs - this.#parts.clock.monotonicMs()) / 1000);
  }

  #lookAtUnknown(): void {
    const { book, warn } = this.#parts;
    const still = [...this.#unknown].filter((uid) => book.ruleFor(uid) === 'unknown');
    if (still.length < this.#unknown.size) {
      this.#comeBackIn(SOON_MS);
    }
    if (still.length > 0 && !this.#isUnknownTold) {
      warn('The user database does not answer: processes of users whose rule is not known are let live');
    }
    this.#isUnknownTold = still.length > 0;
    this.#unknown.clear();
  }

  #householdsOf(samples: readonly ProcessSample[]): Household[] {
    const { book, users } = this.#parts;
    const byUid = groupByUid(samples);
    return [...byUid].flatMap(([uid, processes]) => {
      const rule = book.ruleFor(uid);
      return typeof rule === 'string' || rule.isExempt
        ? []
        : { uid, userName: users.userName(uid) ?? `uid ${uid}`, rule, processes };
    });
  }

  #observe(households: readonly Household[], memory: DetectScan['memory']): void {
    const growing = households.filter(({ rule }) => rule.first === 'fastest-growing');
    this.#growth.observe(growing.flatMap(({ processes }) => processes));
    this.#fairMemory.keepOnly(() => households.flatMap(({ processes }) => processes));
    for (const { rule, processes } of households.filter((household) => household.rule.tolerateMs > 0)) {
      for (const sample of processes.filter((process) => this.#isOver(process, rule, memory))) {
        this.#overSince.note(identityKey(sample));
      }
    }
  }

  #isOver(sample: ProcessSample, { ofProcess }: Rule, memory: DetectScan['memory']): boolean {
    const usedBytes = sample.rssBytes - (this.#parts.measure() === 'private' ? sample.sharedBytes : 0);
    return ofProcess !== undefined && usedBytes > bytesOf(ofProcess, memory);
  }

  async #overTotals(totals: readonly Total[]): Promise<Found[]> {
    const found: Found[] = [];
    const { clock } = this.#parts;
    const endMs = clock.monotonicMs() + FAIR_MEMORY_MS;
    for (const total of totals) {
      const usedBytes = await this.#usedBytes(total, endMs - clock.monotonicMs());
      const isOver = usedBytes > total.limitBytes;
      const warnBytes = total.limitBytes * (total.rule.warnShare ?? 1);
      if (isOver) {
        this.#overSince.note(total.key);
      }
      if (isOver && !this.#isTolerated(total.key, total.rule)) {
        found.push(...this.#foundIn(total, 'limit', usedBytes, total.limitBytes));
      } else if (total.rule.warnShare !== undefined && usedBytes > warnBytes) {
        found.push(...this.#foundIn(total, 'warning', usedBytes, warnBytes));
      }
    }
    return found;
  }

  /** What is certain to be in use: what could not be read is not held against anybody. */
  async #usedBytes({ processes, limitBytes, rule }: Total, deadlineMs: number): Promise<number> {
    const levels = [limitBytes, limitBytes * (rule.warnShare ?? 1)];
    const { atLeastBytes } = await this.#fairMemory.total(
      processes,
      (total) => levels.every((level) => total.atLeastBytes > level || total.atMostBytes <= level),
      deadlineMs,
    );
    return atLeastBytes;
  }

  #isTolerated(key: string, { tolerateMs }: Rule): boolean {
    const leftMs = tolerateMs - this.#overSince.lastedMs(key);
    if (tolerateMs === 0 || leftMs <= 0) {
      return false;
    }
    this.#comeBackIn(leftMs);
    return true;
  }

  #foundIn(
    { rule, what, processes, memory }: Total,
    level: Level,
    usedBytes: number,
    limitBytes: number,
  ): Found[] {
    const order = victims(
      processes.filter((sample) => !this.#isExempt(rule, sample)),
      rule.first,
      (sample) => this.#growth.bytesPerSecond(sample),
      (sample) => this.#isOver(sample, rule, memory),
    );
    return order.length === 0 ? [] : [{ rule, level, what, processes: order, usedBytes, limitBytes }];
  }

  /** Only the names of those are read who may have to go. */
  #isExempt(rule: Rule, sample: ProcessSample): boolean {
    const inspection = rule.exemptNames.length === 0 ? undefined : this.#parts.source.inspect(sample);
    return inspection !== undefined && fitsAny(rule.exemptNames, inspection.name);
  }

  /** Processes above the level at which their rule warns, and not yet over the limit. */
  #nearLimit({ rule, processes }: Household, memory: DetectScan['memory']): Found[] {
    const { ofProcess, warnShare } = rule;
    if (ofProcess === undefined || warnShare === undefined) {
      return [];
    }
    const limitBytes = bytesOf(ofProcess, memory);
    const warnBytes = limitBytes * warnShare;
    const isPrivate = this.#parts.measure() !== 'rss';
    return processes.flatMap((sample) => {
      const usedBytes = sample.rssBytes - (isPrivate ? sample.sharedBytes : 0);
      return usedBytes > warnBytes && usedBytes <= limitBytes
        ? [
            {
              rule,
              level: 'warning' as const,
              what: undefined,
              processes: [sample],
              usedBytes,
              limitBytes: warnBytes,
            },
          ]
        : [];
    });
  }

  /** Limits come before warnings: one process is one violation, of the first that names it. */
  #remember(found: readonly Found[]): Detection[] {
    const sorted = [
      ...found.filter(({ level }) => level === 'limit'),
      ...found.filter(({ level }) => level === 'warning'),
    ];
    this.#raised = new Map();
    return sorted.slice(0, MOST_DETECTIONS).map(({ rule, level, what, processes, usedBytes, limitBytes }) => {
      const reason = what === undefined ? rule.title : `${rule.title}, ${what}`;
      this.#raised.set(keyOf(limitBytes, reason), { rule, level, what });
      const identities = processes.map(({ pid, startTime }) => ({ pid, startTime }));
      return { processes: identities, usedBytes, limitBytes, reason };
    });
  }

  #raisedFor(violation: Violation): Raised | undefined {
    const { book, plugin } = this.#parts;
    if (violation.raisedBy === plugin) {
      return this.#raised.get(keyOf(violation.limitBytes, violation.ruleReason ?? ''));
    }
    const rule = violation.rule === `plugin:${plugin}` ? book.ruleFor(violation.process.uid) : 'none';
    return typeof rule === 'string' ? undefined : { rule, level: 'limit', what: undefined };
  }

  #comeBackIn(ms: number): void {
    this.#nextMs = Math.min(this.#nextMs, this.#parts.clock.monotonicMs() + ms);
  }
}

interface Found extends Raised {
  readonly processes: readonly ProcessSample[];
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** Of what was raised: a process can be named by several, and a violation tells which one it is. */
function keyOf(limitBytes: number, reason: string): string {
  return `${limitBytes} ${reason}`;
}

/** Who is on the way out does not count any more. */
function without(
  samples: readonly ProcessSample[],
  terminating: DetectScan['terminating'],
): readonly ProcessSample[] {
  if (terminating.length === 0) {
    return samples;
  }
  const going = new Set(terminating.map(identityKey));
  return samples.filter((sample) => !going.has(identityKey(sample)));
}

function rowsOf({
  count,
  pid,
  startTime,
  uid,
  rssBytes,
  sharedBytes,
}: DetectScan['samples']): ProcessSample[] {
  return Array.from({ length: count }, (_, index) => ({
    pid: pid[index] ?? 0,
    startTime: startTime[index] ?? 0,
    uid: uid[index] ?? 0,
    rssBytes: rssBytes[index] ?? 0,
    sharedBytes: sharedBytes[index] ?? 0,
  }));
}

function groupByUid(samples: readonly ProcessSample[]): Map<number, ProcessSample[]> {
  const groups = new Map<number, ProcessSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.uid);
    if (group === undefined) {
      groups.set(sample.uid, [sample]);
    } else {
      group.push(sample);
    }
  }
  return groups;
}
