import { fitsWildcard, type ProcessInspection } from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';

/** The kernel keeps so much of a name. */
const LONGEST_COMM = 15;

/** Who goes first, and who last. */
export type Rank = 'preferred' | 'ordinary' | 'avoided';

/** What there is to know about a process for the rules. */
export interface RuleSubject {
  readonly inspection: ProcessInspection;
  /** Undefined while the user database has not said. */
  readonly userName: string | undefined;
  readonly ageSeconds: number;
}

/** Whoever is both preferred and avoided is avoided. */
export function rankOf(
  subject: RuleSubject,
  prefer: readonly RuleConfig[],
  avoid: readonly RuleConfig[],
): Rank {
  // Whose process it is may not be known yet: that is no reason to take it first, and one to take it last.
  if (avoid.some((rule) => fitsRule(rule, subject, true))) {
    return 'avoided';
  }
  return prefer.some((rule) => fitsRule(rule, subject, false)) ? 'preferred' : 'ordinary';
}

function fitsRule(
  rule: RuleConfig,
  { inspection, userName, ageSeconds }: RuleSubject,
  inDoubt: boolean,
): boolean {
  const { unit, cgroup, uid } = inspection;
  return (
    (rule.user === undefined ||
      rule.user === String(uid) ||
      (userName === undefined ? inDoubt : fitsWildcard(rule.user, userName))) &&
    (rule.name === undefined || fitsName(rule.name, inspection)) &&
    (rule.executable === undefined || fitsExecutable(rule.executable, inspection)) &&
    (rule.unit === undefined || (unit !== undefined && fitsWildcard(rule.unit, unit))) &&
    (rule.cgroup === undefined || (cgroup !== undefined && fitsWildcard(rule.cgroup, cgroup))) &&
    ageSeconds >= (rule.min_age_seconds ?? 0) &&
    ageSeconds <= (rule.max_age_seconds ?? Infinity)
  );
}

/** Of a name that the kernel has cut, no more than that can fit. */
function fitsName(pattern: string, { name, isCommCut }: ProcessInspection): boolean {
  return fitsWildcard(pattern, name) || (isCommCut && fitsWildcard(pattern.slice(0, LONGEST_COMM), name));
}

/** A path where the pattern has a slash, otherwise the name of the file. */
function fitsExecutable(pattern: string, { executable, executableName }: ProcessInspection): boolean {
  const text = pattern.includes('/') ? executable : executableName;
  return text !== undefined && fitsWildcard(pattern, text);
}
