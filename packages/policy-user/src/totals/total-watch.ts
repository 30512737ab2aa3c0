import {
  identityKey,
  inGb,
  isSameProcess,
  type Clock,
  type Guards,
  type MachineMemory,
  type ProcessIdentity,
  type ProcessSample,
  type ProcessSource,
  type UserDatabase,
} from '@memory-monitor/core';

import type { Found } from '../found.js';
import type { Rule } from '../rules/rule.js';
import type { Tolerance } from '../tolerance.js';
import { withoutBorrowers } from './borrowers.js';
import { FairMemory } from './fair-memory.js';
import { Growth } from './growth.js';
import { Spared, type Sparing } from './spared.js';
import { totalsOf, type Household, type Total } from './total.js';
import { victims } from './victims.js';

const FAIR_MEMORY_MS = 300;
/** So many scans in a row may leave a total open before that is told. */
const SCANS_TO_PROVE = 4;
/** Of what users take together, the names of so many are read. */
const MOST_NAMES = 256;

export interface TotalWatchParts {
  readonly source: ProcessSource;
  readonly guards: Guards;
  readonly users: UserDatabase;
  readonly clock: Clock;
  readonly tolerance: Tolerance;
  readonly ownerOf: (uid: number) => number;
  readonly isOverOwnLimit: (sample: ProcessSample, rule: Rule, memory: MachineMemory) => boolean;
  /** How many processes of a user may be ended in a minute. */
  readonly mostKills: () => number;
  readonly warn: (message: string) => void;
}

/** Finds what is over a limit together, and who has to go for it. */
export class TotalWatch {
  readonly #parts: TotalWatchParts;
  readonly #fairMemory: FairMemory;
  readonly #growth: Growth;
  readonly #spared: Spared;
  /** Totals over their limit with nobody to end. */
  readonly #toldNobodyLeft = new Set<string>();
  /** Whom totals have named in the last scan, and in this one. */
  #lastNamed = new Set<string>();
  #named = new Set<string>();
  /** How many scans in a row have left a total open. */
  readonly #unprovenScans = new Map<string, number>();
  /** Who goes first by a total of this scan, and so does by the next totals too: one is enough. */
  #chosen = new Set<ProcessSample>();

  constructor(parts: TotalWatchParts) {
    this.#parts = parts;
    this.#fairMemory = new FairMemory(parts.source, parts.clock);
    this.#growth = new Growth(parts.clock);
    this.#spared = new Spared(parts);
  }

  /** To be called once a scan. `beyondReach`: who was to be ended, and can't be. */
  async find(
    households: readonly Household[],
    memory: MachineMemory,
    beyondReach: readonly ProcessIdentity[],
  ): Promise<Found[]> {
    const { clock, tolerance } = this.#parts;
    this.#observe(households);
    this.#spared.beginScan(beyondReach);
    this.#chosen = new Set();
    this.#lastNamed = this.#named;
    this.#named = new Set();
    const found: Found[] = [];
    const endMs = clock.monotonicMs() + FAIR_MEMORY_MS;
    for (const whole of totalsOf(households, memory)) {
      const total = whole.isShared ? this.#withoutExempt(whole) : whole;
      const { key, limitBytes, rule } = total;
      const usedBytes = await this.#usedBytes(total, endMs - clock.monotonicMs());
      const warnBytes = limitBytes * (rule.warnShare ?? 1);
      if (usedBytes > limitBytes) {
        tolerance.note(key);
      } else if (usedBytes <= warnBytes) {
        this.#toldNobodyLeft.delete(key);
      }
      if (usedBytes > limitBytes && !tolerance.isTolerated(key, rule.tolerateMs)) {
        found.push(...this.#foundIn(total, 'limit', usedBytes, limitBytes, memory));
      } else if (rule.warnShare !== undefined && usedBytes > warnBytes) {
        found.push(...this.#foundIn(total, 'warning', usedBytes, warnBytes, memory));
      }
    }
    return found;
  }

  /** Whether a total of the latest scan is to be brought down by this process. */
  hasChosen(process: ProcessIdentity): boolean {
    return [...this.#chosen].some((sample) => isSameProcess(sample, process));
  }

  /** This process is exempt by its whole name, of which a scan may have read a part only. */
  spare(process: ProcessIdentity): void {
    this.#spared.remember(process);
  }

  #observe(households: readonly Household[]): void {
    this.#spared.keepOnly(() => households.flatMap(({ processes }) => processes));
    const growing = households.filter(({ rule }) => rule.first === 'fastest-growing');
    this.#growth.observe(growing.flatMap(({ processes }) => processes));
    this.#fairMemory.beginScan(() => households.flatMap(({ processes }) => processes));
  }

  async #usedBytes(total: Total, deadlineMs: number): Promise<number> {
    const { limitBytes, rule } = total;
    const levels = [limitBytes, limitBytes * (rule.warnShare ?? 1)];
    const { usedBytes, isProven } = await this.#fairMemory.total(
      this.#countedIn(total, Math.min(...levels)),
      levels,
      deadlineMs,
    );
    this.#tellUnproven(total, usedBytes, isProven);
    return usedBytes;
  }

  #countedIn({ processes }: Total, lowestBytes: number): readonly ProcessSample[] {
    const { source, clock } = this.#parts;
    const mostBytes = processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    return mostBytes <= lowestBytes ? processes : withoutBorrowers(processes, source, clock);
  }

  /** Readings add up from scan to scan: only what stays open is worth a line. */
  #tellUnproven({ key, rule, what, processes }: Total, usedBytes: number, isProven: boolean): void {
    if (isProven) {
      this.#unprovenScans.delete(key);
      return;
    }
    const scans = (this.#unprovenScans.get(key) ?? 0) + 1;
    this.#unprovenScans.set(key, scans);
    if (scans === SCANS_TO_PROVE) {
      this.#parts.warn(
        `${rule.title}, ${what}: of ${processes.length} processes not all can be read in time; they are taken for ${inGb(usedBytes)} together`,
      );
    }
  }

  #foundIn(
    { key, rule, what, processes }: Total,
    level: Found['level'],
    usedBytes: number,
    limitBytes: number,
    memory: MachineMemory,
  ): Found[] {
    const { isOverOwnLimit } = this.#parts;
    const ends = level === 'limit' && !rule.onlyWarns;
    const { lists, spared } = victims({
      processes,
      order: rule.first,
      excessBytes: usedBytes - limitBytes,
      mostAtOnce: ends ? this.#parts.mostKills() : 1,
      bytesOf: (sample) => this.#fairMemory.bytesOf(sample),
      growthOf: (sample) => this.#growth.bytesPerSecond(sample),
      isGoingAnyway: (sample) => this.#chosen.has(sample) || isOverOwnLimit(sample, rule, memory),
      isNamed: (sample) => this.#lastNamed.has(nameKey(key, level, sample)),
      sparingOf: (sample) => this.#spared.why(rule, sample),
      isOpen: (sample) => this.#spared.isOpen(rule, sample),
    });
    if (lists.length === 0) {
      const who = whoIsSpared(spared, processes.length);
      this.#tellNobodyLeft(key, `${rule.title}, ${what}: ${inGb(usedBytes)} is too much, and ${who}`);
    }
    return lists.map((candidates) => {
      this.#named.add(nameKey(key, level, candidates[0]));
      if (ends) {
        this.#chosen.add(candidates[0]);
      }
      return { rule, level, what, processes: candidates, usedBytes, limitBytes };
    });
  }

  #tellNobodyLeft(key: string, message: string): void {
    if (!this.#toldNobodyLeft.has(key)) {
      this.#toldNobodyLeft.add(key);
      this.#parts.warn(message);
    }
  }

  /** Whoever is exempt is not counted where others would have to go for it: users choose the names of their programs. */
  #withoutExempt(total: Total): Total {
    const { rule, processes, limitBytes } = total;
    const mostBytes = processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    if (rule.exemptNames.length === 0 || mostBytes <= limitBytes * (rule.warnShare ?? 1)) {
      return total;
    }
    const exempt = [...processes]
      .sort((a, b) => b.rssBytes - a.rssBytes)
      .slice(0, MOST_NAMES)
      .filter((sample) => this.#spared.isExempt(rule, sample));
    return { ...total, processes: processes.filter((sample) => !exempt.includes(sample)) };
  }
}

/** Whom a warning has named is not for that reason the one to be ended at the limit. */
function nameKey(key: string, level: Found['level'], sample: ProcessSample): string {
  return `${key} ${level} ${identityKey(sample)}`;
}

/** `nobody can be ended for it: 1 is exempt by name, 8 are protected (its name matches sshd, which is whitelisted)`. */
function whoIsSpared(spared: readonly Sparing[], count: number): string {
  const byName = spared.filter(({ by }) => by === 'name');
  const byGuard = spared.filter(({ by }) => by === 'guard');
  const stuck = spared.filter(({ by }) => by === 'reach');
  const asMany = (number: number): string => `${number} ${number === 1 ? 'is' : 'are'}`;
  const why = [
    ...(byName.length === 0 ? [] : [`${asMany(byName.length)} exempt by name`]),
    ...(byGuard.length === 0 ? [] : [`${asMany(byGuard.length)} protected (${byGuard[0]?.reason ?? ''})`]),
    ...(stuck.length === 0 ? [] : [`no signal ends ${stuck.length}`]),
  ];
  const among = spared.length < count ? ` among the largest ${spared.length} of ${count} processes` : '';
  return `nobody${among} can be ended for it${why.length === 0 ? '' : `: ${why.join(', ')}`}`;
}
