import type { MachineMemory, ProcessSample } from '@memory-monitor/core';

import { bytesOf, type Rule } from '../rules/rule.js';

/** Processes that a rule limits together. */
export interface Total {
  readonly key: string;
  readonly rule: Rule;
  /** `all processes of alice`. */
  readonly what: string;
  /** Of more users than one: who is exempt takes nothing away from the others. */
  readonly isShared: boolean;
  readonly limitBytes: number;
  readonly processes: readonly ProcessSample[];
}

/** A user's processes, and the rule for that user. */
export interface Household {
  readonly uid: number;
  readonly userName: string;
  readonly rule: Rule;
  readonly processes: readonly ProcessSample[];
}

/** What the rules limit in total: each user's processes, and those of all users of a rule together. */
export function totalsOf(households: readonly Household[], memory: MachineMemory): Total[] {
  const ofUsers = households.flatMap(({ uid, userName, rule, processes }) =>
    rule.ofUser === undefined
      ? []
      : {
          key: `${rule.title} of ${uid}`,
          rule,
          what: `all processes of ${userName}`,
          isShared: false,
          limitBytes: bytesOf(rule.ofUser, memory),
          processes,
        },
  );
  const rules = new Set(households.map(({ rule }) => rule));
  const ofRules = [...rules].flatMap((rule) =>
    rule.ofAll === undefined
      ? []
      : {
          key: rule.title,
          rule,
          what: 'all processes of its users together',
          isShared: true,
          limitBytes: bytesOf(rule.ofAll, memory),
          processes: households
            .filter((household) => household.rule === rule)
            .flatMap(({ processes }) => processes),
        },
  );
  return [...ofUsers, ...ofRules];
}
