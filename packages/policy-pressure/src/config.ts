import * as v from 'valibot';

const percent = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100)));
const gb = v.optional(v.pipe(v.number(), v.minValue(0)));
const text = v.optional(v.pipe(v.string(), v.trim(), v.minLength(1)));
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(3600));

/** Levels of an amount that is not to run out; in percent of its total, in GB, or both. */
const amount = v.pipe(
  v.strictObject({
    soft_percent: percent,
    soft_gb: gb,
    hard_percent: percent,
    hard_gb: gb,
    /** The shortage is over this far above the level. */
    margin_percent: percent,
    margin_gb: gb,
  }),
  v.check(
    ({ soft_percent, hard_percent, soft_gb, hard_gb }) =>
      isInOrder(hard_percent, soft_percent) && isInOrder(hard_gb, soft_gb),
    'the hard level is above the soft one; accepted: hard levels that are no more than the soft ones',
  ),
);

/** PSI, in percent of the time. */
const pressure = v.pipe(
  v.strictObject({
    soft_some_avg10: percent,
    soft_some_avg60: percent,
    soft_full_avg10: percent,
    soft_full_avg60: percent,
    hard_some_avg10: percent,
    hard_some_avg60: percent,
    hard_full_avg10: percent,
    hard_full_avg60: percent,
    /** It is over this far below the level. */
    margin: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100)), 5),
    /** Pressure counts only where less than this is available. */
    below_percent: percent,
    below_gb: gb,
  }),
  v.check(
    (levels) => Object.keys(levels).some((key) => /^(?:soft|hard)_/.test(key)),
    'there is no level; accepted: at least one such as soft_full_avg10 = 20',
  ),
);

const rule = v.pipe(
  v.strictObject({
    /** Texts, with `*` and `?`; all that are given have to fit. */
    user: text,
    name: text,
    executable: text,
    unit: text,
    cgroup: text,
    min_age_seconds: v.optional(v.pipe(v.number(), v.minValue(0))),
    max_age_seconds: v.optional(v.pipe(v.number(), v.minValue(0))),
  }),
  v.check(
    (given) => Object.keys(given).length > 0,
    'the rule fits everybody; accepted: at least one of user, name, executable, unit, cgroup, min_age_seconds, max_age_seconds',
  ),
);

/** `[plugins.config]`. */
export const configSchema = v.strictObject({
  available: v.optional(amount, {}),
  swap: v.optional(amount),
  pressure: v.optional(pressure),
  soft_action: v.optional(v.picklist(['kill', 'warn']), 'kill'),
  /** Between SIGTERM and SIGKILL at the hard level. */
  hard_grace_seconds: v.optional(seconds, 0),
  target: v.optional(v.picklist(['process', 'group', 'session', 'cgroup']), 'process'),
  /** How long the memory of a victim may take to come back once that has gone. */
  wait_seconds: v.optional(seconds, 5),
  /** How long nobody is ended after a victim whose memory did not come back. */
  pause_seconds: v.optional(seconds, 60),
  prefer: v.optional(v.array(rule), []),
  avoid: v.optional(v.array(rule), []),
});

export type PressureConfig = v.InferOutput<typeof configSchema>;
export type AmountConfig = PressureConfig['available'];
export type PsiConfig = NonNullable<PressureConfig['pressure']>;
export type RuleConfig = PressureConfig['prefer'][number];

function isInOrder(hard: number | undefined, soft: number | undefined): boolean {
  return hard === undefined || soft === undefined || hard <= soft;
}
