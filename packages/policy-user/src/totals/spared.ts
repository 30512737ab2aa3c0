import type {
  Guards,
  ProcessIdentity,
  ProcessInspection,
  ProcessSample,
  ProcessSource,
  UserDatabase,
} from '@memory-monitor/core';
import { identityKey } from '@memory-monitor/core';

import { isExempt } from '../rules/exempt-names.js';
import type { Rule } from '../rules/rule.js';

export interface SparedParts {
  readonly source: Pick<ProcessSource, 'inspect'>;
  readonly guards: Pick<Guards, 'check' | 'needsWholeName'>;
  readonly users: UserDatabase;
  /** Whose a process of this uid is. */
  readonly ownerOf: (uid: number) => number;
}

/** Why somebody is not ended: by the name, by a guard, because no signal ends it, or because there is nobody any more. */
export interface Sparing {
  readonly by: 'name' | 'guard' | 'reach' | 'absence';
  readonly reason: string;
}

/** Who is not ended for a total, whatever it takes. Each process is read once a scan. */
export class Spared {
  readonly #parts: SparedParts;
  readonly #inspections = new Map<ProcessSample, ProcessInspection | undefined>();
  /** Whose whole name has turned out to be exempt: what a scan reads of a name may be cut. */
  readonly #known = new Set<string>();
  #beyondReach: ReadonlySet<string> = new Set();

  constructor(parts: SparedParts) {
    this.#parts = parts;
  }

  /** `beyondReach`: who was to be ended, and can't be. */
  beginScan(beyondReach: readonly ProcessIdentity[]): void {
    this.#beyondReach = new Set(beyondReach.map(identityKey));
    this.#inspections.clear();
  }

  /** Forgets the processes that are not among these any more. */
  keepOnly(processes: () => readonly ProcessSample[]): void {
    if (this.#known.size > 0) {
      const keys = new Set(processes().map(identityKey));
      for (const key of this.#known) {
        if (!keys.has(key)) {
          this.#known.delete(key);
        }
      }
    }
  }

  /** A decision has found a process exempt by its whole name. */
  remember(process: ProcessIdentity): void {
    this.#known.add(identityKey(process));
  }

  isExempt({ exemptNames }: Rule, sample: ProcessSample): boolean {
    if (exemptNames.length === 0) {
      return false;
    }
    const inspection = this.#inspect(sample);
    if (inspection === undefined) {
      return false;
    }
    const named = { name: inspection.name, uid: this.#parts.ownerOf(sample.uid) };
    return this.#known.has(identityKey(sample)) || isExempt(exemptNames, named, this.#parts.users);
  }

  /** Undefined for who may be ended. */
  why(rule: Rule, sample: ProcessSample): Sparing | undefined {
    const inspection = this.#inspect(sample);
    if (inspection?.uid !== sample.uid) {
      return { by: 'absence', reason: 'it is gone' };
    }
    if (this.#beyondReach.has(identityKey(sample))) {
      return { by: 'reach', reason: 'no signal ends it' };
    }
    if (this.isExempt(rule, sample)) {
      return { by: 'name', reason: `${rule.title} exempts ${inspection.name}` };
    }
    const { isCommCut, name } = inspection;
    const protection = this.#parts.guards.check({ inspection, wholeName: isCommCut ? undefined : name });
    const isOpen = protection?.guard === 'unknown-name';
    return protection === undefined || isOpen ? undefined : { by: 'guard', reason: protection.reason };
  }

  /** Whether more of the name may show that the process is exempt, or protected. */
  isOpen({ exemptNames }: Rule, sample: ProcessSample): boolean {
    const inspection = this.#inspect(sample);
    return (
      inspection?.isCommCut === true &&
      (exemptNames.length > 0 || this.#parts.guards.needsWholeName(inspection))
    );
  }

  #inspect(sample: ProcessSample): ProcessInspection | undefined {
    if (!this.#inspections.has(sample)) {
      this.#inspections.set(sample, this.#parts.source.inspect(sample));
    }
    return this.#inspections.get(sample);
  }
}
