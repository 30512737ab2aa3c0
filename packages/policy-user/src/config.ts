import { isWildcard } from '@memory-monitor/core';
import * as v from 'valibot';

const amount = v.optional(v.pipe(v.number(), v.minValue(0)));
const name = v.pipe(v.string(), v.trim(), v.minLength(1));
const names = v.optional(v.pipe(v.array(name), v.minLength(1)));
/** Who is in a group is asked for by its name: there is no list of all groups to match. */
const groupName = v.pipe(
  name,
  v.check((group) => !isWildcard(group), 'groups are named one by one; accepted: names without * and ?'),
);

/** `"1000"`, `"2000-2999"`, or a number. */
const uidRange = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))]),
  v.transform((value) => /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(String(value))),
  v.check((match) => match !== null, 'this is no uid and no range of them; accepted: "1000" or "2000-2999"'),
  v.transform((match) => ({ first: Number(match?.[1]), last: Number(match?.[2] ?? match?.[1]) })),
  v.check(({ first, last }) => first <= last, 'the range ends before it begins'),
);

const rule = v.pipe(
  v.strictObject({
    /** Told in the log and in trails. */
    name: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80))),
    /** Names, with `*` and `?`. */
    users: names,
    groups: v.optional(v.pipe(v.array(groupName), v.minLength(1))),
    uids: v.optional(v.pipe(v.array(uidRange), v.minLength(1))),
    /** The name of a window of policy-schedule: the rule is there only while that is open. */
    during: v.optional(v.pipe(v.string(), v.minLength(1))),
    exempt: v.optional(v.boolean(), false),
    /** Names of programs, with `*` and `?`, or tables `{ name, user }`: they are not ended by this rule. */
    exempt_names: v.optional(
      v.pipe(v.array(v.union([name, v.strictObject({ name, user: name })])), v.minLength(1)),
    ),
    ram_gb_threshold: amount,
    ram_percent_threshold: amount,
    total_gb_threshold: amount,
    total_percent_threshold: amount,
    together_gb_threshold: amount,
    together_percent_threshold: amount,
    /** `largest`, if left out. */
    first: v.optional(v.picklist(['largest', 'newest', 'fastest-growing'])),
    warn_percent: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(100))),
    tolerate_seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)), 0),
    /** `kill`, if left out. */
    action: v.optional(v.picklist(['kill', 'warn'])),
  }),
  v.check(
    ({ users, groups, uids }) => (users ?? groups ?? uids) !== undefined,
    'the rule does not say whom it is for; accepted: users, groups or uids, and users = ["*"] is everybody',
  ),
  v.check(
    (spec) => spec.exempt !== hasLimits(spec),
    'a rule has either limits (ram_gb_threshold, total_gb_threshold, …) or exempt = true',
  ),
);

/** `[plugins.config]`. */
export const configSchema = v.strictObject({ rules: v.pipe(v.array(rule), v.minLength(1)) });

export type UserPolicyConfig = v.InferOutput<typeof configSchema>;
export type RuleConfig = UserPolicyConfig['rules'][number];

interface Amounts {
  readonly ram_gb_threshold?: number | undefined;
  readonly ram_percent_threshold?: number | undefined;
  readonly total_gb_threshold?: number | undefined;
  readonly total_percent_threshold?: number | undefined;
  readonly together_gb_threshold?: number | undefined;
  readonly together_percent_threshold?: number | undefined;
}

function hasLimits(spec: Amounts): boolean {
  const ofProcess = spec.ram_gb_threshold ?? spec.ram_percent_threshold;
  const ofTotal = spec.total_gb_threshold ?? spec.total_percent_threshold;
  return (
    (ofProcess ?? ofTotal ?? spec.together_gb_threshold ?? spec.together_percent_threshold) !== undefined
  );
}
