import {
  inGb,
  isSameProcess,
  type Clock,
  type MachineMemory,
  type ProcessIdentity,
  type ProcessSample,
  type ProcessSource,
} from '@memory-monitor/core';

import type { Found } from '../found.js';
import { fitsAny } from '../rules/patterns.js';
import type { Rule } from '../rules/rule.js';
import type { Tolerance } from '../tolerance.js';
import { withoutBorrowers } from './borrowers.js';
import { FairMemory } from './fair-memory.js';
import { Growth } from './growth.js';
import { totalsOf, type Household, type Total } from './total.js';
import { victims } from './victims.js';

const FAIR_MEMORY_MS = 300;
/** So many scans in a row may leave a total open before that is told. */
const SCANS_TO_PROVE = 4;
/** The core looks at no more of a detection. */
const MOST_CANDIDATES = 8;

export interface TotalWatchParts {
  readonly source: ProcessSource;
  readonly clock: Clock;
  readonly tolerance: Tolerance;
  readonly isOverOwnLimit: (sample: ProcessSample, rule: Rule, memory: MachineMemory) => boolean;
  readonly warn: (message: string) => void;
}

/** Finds what is over a limit together, and who has to go for it. */
export class TotalWatch {
  readonly #parts: TotalWatchParts;
  readonly #fairMemory: FairMemory;
  readonly #growth: Growth;
  /** Totals over their limit with nobody to end. */
  readonly #toldNobodyLeft = new Set<string>();
  /** How many scans in a row have left a total open. */
  readonly #unprovenScans = new Map<string, number>();
  /** Who goes first by a total of this scan, and so does by the next totals too: one is enough. */
  #chosen = new Set<ProcessSample>();

  constructor(parts: TotalWatchParts) {
    this.#parts = parts;
    this.#fairMemory = new FairMemory(parts.source, parts.clock);
    this.#growth = new Growth(parts.clock);
  }

  /** To be called once a scan. */
  async find(households: readonly Household[], memory: MachineMemory): Promise<Found[]> {
    const { clock, tolerance } = this.#parts;
    this.#observe(households);
    this.#chosen = new Set();
    const found: Found[] = [];
    const endMs = clock.monotonicMs() + FAIR_MEMORY_MS;
    for (const total of totalsOf(households, memory)) {
      const { key, limitBytes, rule } = total;
      const usedBytes = await this.#usedBytes(total, endMs - clock.monotonicMs());
      const warnBytes = limitBytes * (rule.warnShare ?? 1);
      if (usedBytes > limitBytes) {
        tolerance.note(key);
      } else {
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

  #observe(households: readonly Household[]): void {
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
    const order = victims(
      processes,
      rule.first,
      (sample) => this.#growth.bytesPerSecond(sample),
      (sample) => this.#chosen.has(sample) || isOverOwnLimit(sample, rule, memory),
    );
    const candidates = this.#notExempt(rule, order);
    const [first] = candidates;
    if (first === undefined) {
      this.#tellNobodyLeft(
        key,
        `${rule.title}, ${what}: ${inGb(usedBytes)} is too much, and all of them are exempt`,
      );
      return [];
    }
    if (level === 'limit' && !rule.onlyWarns) {
      this.#chosen.add(first);
    }
    return [{ rule, level, what, processes: candidates, usedBytes, limitBytes }];
  }

  #tellNobodyLeft(key: string, message: string): void {
    if (!this.#toldNobodyLeft.has(key)) {
      this.#toldNobodyLeft.add(key);
      this.#parts.warn(message);
    }
  }

  /** Names are read of no more than it takes. */
  #notExempt(rule: Rule, order: readonly ProcessSample[]): ProcessSample[] {
    const candidates: ProcessSample[] = [];
    for (const sample of order) {
      if (candidates.length === MOST_CANDIDATES) {
        break;
      }
      if (!this.#isExempt(rule, sample)) {
        candidates.push(sample);
      }
    }
    return candidates;
  }

  #isExempt(rule: Rule, sample: ProcessSample): boolean {
    const inspection = rule.exemptNames.length === 0 ? undefined : this.#parts.source.inspect(sample);
    return inspection !== undefined && fitsAny(rule.exemptNames, inspection.name);
  }
}
