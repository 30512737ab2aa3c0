import { isWildcard } from '@memory-monitor/core';

import { fitsAny } from './patterns.js';
import type { Rule } from './rule.js';

/** Sentences about rules that can never count, since those before them are for the same users. */
export function shadowedRules(rules: readonly Rule[]): string[] {
  return rules.flatMap((rule, index) => {
    const before = rules
      .slice(0, index)
      .filter(({ during }) => during === undefined || during === rule.during);
    const shadow = before.find((earlier) => covers([earlier], rule));
    if (shadow !== undefined) {
      return [`${rule.title} never counts: ${shadow.title} comes first and is for the same users`];
    }
    return covers(before, rule)
      ? [`${rule.title} never counts: the rules before it are for the same users`]
      : [];
  });
}

function covers(rules: readonly Rule[], { selector }: Rule): boolean {
  const selectors = rules.map((rule) => rule.selector);
  const users = selectors.flatMap((earlier) => earlier.users);
  const groups = selectors.flatMap((earlier) => earlier.groups);
  const ranges = selectors.flatMap((earlier) => earlier.uids);
  const isEverybody = users.includes('*');
  return (
    rules.length > 0 &&
    selector.users.every(
      (user) => isEverybody || users.includes(user) || (!isWildcard(user) && fitsAny(users, user)),
    ) &&
    selector.groups.every((group) => isEverybody || groups.includes(group)) &&
    selector.uids.every((range) => isEverybody || isCovered(range, ranges))
  );
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Whether several ranges together hold another one. */
function isCovered({ first, last }: Range, ranges: readonly Range[]): boolean {
  let next = first;
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    if (range.first <= next) {
      next = Math.max(next, range.last + 1);
    }
  }
  return next > last;
}
