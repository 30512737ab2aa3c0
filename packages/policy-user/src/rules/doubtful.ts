import { inGb, type MachineMemory } from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';
import { bytesOf, type Rule, type Threshold } from './rule.js';

type Memory = Pick<MachineMemory, 'totalBytes'>;

const LAST_SYSTEM_UID = 999;
const LIMITS = [
  'ram_gb_threshold',
  'ram_percent_threshold',
  'total_gb_threshold',
  'total_percent_threshold',
  'together_gb_threshold',
  'together_percent_threshold',
] as const satisfies readonly (keyof RuleConfig)[];
const WITHOUT_LIMITS = [
  'warn_percent',
  'first',
  'action',
  'exempt_names',
] as const satisfies readonly (keyof RuleConfig)[];

/** Sentences about rules that are valid, and hardly what somebody wants. */
export function doubtfulRules(rules: readonly Rule[], memory: Memory): string[] {
  return rules.flatMap((rule, index) =>
    [
      ...zeroLimits(rule),
      ...keysWithoutMeaning(rule),
      ...limitsWithoutMeaning(rule, memory),
      ...isForSystem(rule, rules.slice(0, index)),
    ].map((sentence) => `${rule.title}${sentence}`),
  );
}

function zeroLimits({ config }: Rule): string[] {
  return LIMITS.filter((key) => config[key] === 0).map((key) => `: ${key} = 0 is exceeded by every process`);
}

function keysWithoutMeaning({ config }: Rule): string[] {
  const idle = config.exempt ? WITHOUT_LIMITS.filter((key) => config[key] !== undefined) : [];
  const hasTotal = LIMITS.slice(2).some((key) => config[key] !== undefined);
  return [
    ...idle.map((key) => `: ${key} means nothing beside exempt = true`),
    ...(config.exempt || hasTotal || config.first === undefined
      ? []
      : [': first means nothing without a limit in total, such as total_gb_threshold']),
  ];
}

function limitsWithoutMeaning({ isExempt, ofProcess, ofUser, ofAll }: Rule, memory: Memory): string[] {
  const limits = [
    { threshold: isExempt ? undefined : ofProcess, what: 'each process' },
    { threshold: ofUser, what: 'all processes of a user' },
    { threshold: ofAll, what: 'all users together' },
  ];
  return limits.flatMap((smaller, index) => {
    const larger = limits
      .slice(0, index)
      .filter(({ threshold }) => isBelow(smaller.threshold, threshold, memory));
    return larger.map(
      ({ threshold, what }) =>
        `: the limit of ${sizeOf(threshold, memory)} for ${what} never counts, since ${smaller.what} may take ${sizeOf(smaller.threshold, memory)}`,
    );
  });
}

function isBelow(a: Threshold | undefined, b: Threshold | undefined, memory: Memory): boolean {
  return a !== undefined && b !== undefined && bytesOf(a, memory) < bytesOf(b, memory);
}

function sizeOf(threshold: Threshold | undefined, memory: Memory): string {
  return threshold === undefined ? 'nothing' : inGb(bytesOf(threshold, memory));
}

function isForSystem({ isExempt, selector }: Rule, before: readonly Rule[]): string[] {
  const isLeftOut = before.some(
    (rule) =>
      rule.isExempt &&
      rule.during === undefined &&
      (rule.selector.users.some((user) => user === '*' || user === 'root' || user === '0') ||
        rule.selector.groups.includes('root') ||
        rule.selector.uids.some(({ first }) => first <= LAST_SYSTEM_UID)),
  );
  return isExempt || isLeftOut || !selector.users.includes('*')
    ? []
    : [
        ` is for root and the services of the system too; a rule before it with uids = ["0-${LAST_SYSTEM_UID}"] and exempt = true would leave them out`,
      ];
}
