import {
  rowsOf,
  type Clock,
  type DeciderAnswer,
  type Detection,
  type DetectScan,
  type Guards,
  type LimitsChange,
  type MachineMemory,
  type Measure,
  type ProcessSample,
  type ProcessSource,
  type UserDatabase,
  type Violation,
} from '@memory-monitor/core';

import type { Found, Raised } from './found.js';
import { isExempt } from './rules/exempt-names.js';
import type { RuleBook } from './rules/rule-book.js';
import { bytesOf, type Rule } from './rules/rule.js';
import { byOwner, without } from './samples.js';
import { Tolerance } from './tolerance.js';
import { TotalWatch } from './totals/total-watch.js';
import type { Household } from './totals/total.js';

const LOOK_UP_MS = 200;
/** The core takes no more of a scan. */
const MOST_DETECTIONS = 1000;
/** When a user has become known who was not when the limits were asked for. */
const SOON_MS = 100;
const NOT_KNOWN_YET = {
  bytes: Infinity,
  percentOfRam: Infinity,
  reason: 'whose process it is, is not known yet',
} as const satisfies LimitsChange;

export interface UserPolicyParts {
  /** Its name, as violations have it. */
  readonly plugin: string;
  readonly book: RuleBook;
  readonly users: UserDatabase;
  readonly source: ProcessSource;
  readonly guards: Guards;
  readonly clock: Clock;
  readonly measure: () => Measure;
  readonly mostKills: () => number;
  readonly warn: (message: string) => void;
}

/** Applies the rules to each scan: limits of processes, totals, levels of warning. */
export class UserPolicy {
  readonly #parts: UserPolicyParts;
  readonly #tolerance: Tolerance;
  readonly #totals: TotalWatch;
  /** Uids whose rule was not known when their limits were asked for. */
  readonly #unknown = new Set<number>();
  /** By limit and reason: a process can be named by several, and a violation tells which one it is. */
  #raised = new Map<string, Raised>();
  #isUnknownTold = false;

  constructor(parts: UserPolicyParts) {
    this.#parts = parts;
    this.#tolerance = new Tolerance(parts.clock);
    this.#totals = new TotalWatch({
      ...parts,
      tolerance: this.#tolerance,
      ownerOf: (uid) => parts.book.ownerOf(uid),
      isOverOwnLimit: (sample, rule, memory) => this.#isOver(sample, rule, memory),
    });
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

  async detect({ memory, samples, terminating, beyondReach }: DetectScan): Promise<Detection[]> {
    const { book } = this.#parts;
    const all = rowsOf(samples);
    this.#tolerance.beginScan();
    await book.lookUp(new Set(all.map(({ uid }) => uid)), LOOK_UP_MS);
    this.#lookAtUnknown();
    const households = this.#householdsOf(without(all, terminating));
    this.#noteOver(households, memory);
    const totals = await this.#totals.find(households, memory, beyondReach);
    const processes = households.flatMap((household) => this.#nearLimit(household, memory));
    this.#tolerance.endScan();
    book.forget();
    return this.#remember([...totals, ...processes]);
  }

  decide(violation: Violation): DeciderAnswer {
    const { process, raisedBy } = violation;
    const sparing = raisedBy === undefined ? this.#sparingOf(process) : undefined;
    if (sparing !== undefined) {
      return { verdict: { action: 'spare' }, reason: sparing };
    }
    const raised = this.#raisedFor(violation);
    if (raised === undefined) {
      return undefined;
    }
    const { rule, level, what } = raised;
    const owner = this.#parts.book.ownerOf(process.uid);
    if (isExempt(rule.exemptNames, { name: process.name, uid: owner }, this.#parts.users)) {
      this.#totals.spare(process);
      return { verdict: { action: 'spare' }, reason: `${rule.title} exempts ${process.name}` };
    }
    if (level === 'warning') {
      const percent = Math.round((rule.warnShare ?? 1) * 100);
      return { verdict: { action: 'warn' }, reason: `${rule.title} warns from ${percent}% of a limit on` };
    }
    const isForTotal = what !== undefined || this.#totals.hasChosen(process);
    if (!isForTotal && this.#tolerance.isTolerated(ownLimitKey(rule, owner), rule.tolerateMs)) {
      const seconds = rule.tolerateMs / 1000;
      return { verdict: { action: 'spare' }, reason: `${rule.title} tolerates this for ${seconds} s` };
    }
    return rule.onlyWarns ? { verdict: { action: 'warn' }, reason: `${rule.title} only warns` } : undefined;
  }

  /** Why it is let live whatever its limits are: plugins after this one may have set others. */
  #sparingOf({ uid, user }: Violation['process']): string | undefined {
    const rule = this.#parts.book.ruleFor(uid);
    if (rule === 'unknown') {
      return NOT_KNOWN_YET.reason;
    }
    return rule !== 'none' && rule.isExempt ? `${rule.title} exempts ${user}` : undefined;
  }

  /** Seconds until the next scan. */
  interval(currentSeconds: number): number {
    return Math.min(currentSeconds, this.#tolerance.leftMs() / 1000);
  }

  #lookAtUnknown(): void {
    const { book, warn } = this.#parts;
    const still = [...this.#unknown].filter((uid) => book.ruleFor(uid) === 'unknown');
    if (still.length < this.#unknown.size) {
      this.#tolerance.comeBackIn(SOON_MS);
    }
    const [first] = still;
    if (first !== undefined && !this.#isUnknownTold) {
      warn(
        `The user database does not answer for ${book.waitsFor(first)}: processes of users whose rule is not known are let live`,
      );
    }
    this.#isUnknownTold = first !== undefined;
    this.#unknown.clear();
  }

  #householdsOf(samples: readonly ProcessSample[]): Household[] {
    const { book, users } = this.#parts;
    return [...byOwner(samples, (uid) => book.ownerOf(uid))].flatMap(([uid, processes]) => {
      const rule = book.ruleFor(uid);
      return typeof rule === 'string' || rule.isExempt
        ? []
        : { uid, userName: users.userName(uid) ?? `uid ${uid}`, rule, processes };
    });
  }

  /** Notes who has processes over a limit of their own that the rule tolerates to be exceeded for a while. */
  #noteOver(households: readonly Household[], memory: MachineMemory): void {
    for (const { rule, uid, processes } of households) {
      if (rule.tolerateMs > 0 && processes.some((process) => this.#isOver(process, rule, memory))) {
        this.#tolerance.note(ownLimitKey(rule, uid));
      }
    }
  }

  #isOver(sample: ProcessSample, { ofProcess }: Rule, memory: MachineMemory): boolean {
    const usedBytes = sample.rssBytes - (this.#parts.measure() === 'private' ? sample.sharedBytes : 0);
    return ofProcess !== undefined && usedBytes > bytesOf(ofProcess, memory);
  }

  /** Processes above the level at which their rule warns, and not yet over the limit. */
  #nearLimit({ rule, processes }: Household, memory: MachineMemory): Found[] {
    const { ofProcess, warnShare } = rule;
    if (ofProcess === undefined || warnShare === undefined) {
      return [];
    }
    const limitBytes = bytesOf(ofProcess, memory);
    const warnBytes = limitBytes * warnShare;
    const isPrivate = this.#parts.measure() !== 'rss';
    return processes.flatMap((sample) => {
      const usedBytes = sample.rssBytes - (isPrivate ? sample.sharedBytes : 0);
      const found = { rule, level: 'warning', what: undefined, usedBytes, limitBytes: warnBytes } as const;
      return usedBytes > warnBytes && usedBytes <= limitBytes ? [{ ...found, processes: [sample] }] : [];
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
}

/** Of a user and not of a process: whoever hands work on to a child would be tolerated for ever. */
function ownLimitKey({ title }: Rule, uid: number): string {
  return `${title} each process of ${uid}`;
}

function keyOf(limitBytes: number, reason: string): string {
  return `${limitBytes} ${reason}`;
}
