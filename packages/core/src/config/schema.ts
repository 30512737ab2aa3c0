import * as v from 'valibot';

import { regularExpressionOf } from '../decision/whitelist.js';
import { isTable } from './toml-table.js';

/** A key of the configuration: what it takes, and how that is written. */
interface KeySpec<S extends v.GenericSchema = v.GenericSchema> {
  readonly schema: S;
  /** Completes "accepted: …". */
  readonly accepted: string;
  /** A value in TOML. */
  readonly example: string;
}

function key<S extends v.GenericSchema>(schema: S, accepted: string, example: string): KeySpec<S> {
  return { schema, accepted, example };
}

/** Bounds in the configuration's own units. */
const SHORTEST_INTERVAL_SECONDS = 0.1;
const LONGEST_INTERVAL_SECONDS = 86_400;
const LONGEST_WAIT_SECONDS = 3600;

const secondsBetween = (min: number, max: number): string => `a number of seconds from ${min} to ${max}`;
const INTERVAL = secondsBetween(SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS);
const WAIT = secondsBetween(0, LONGEST_WAIT_SECONDS);
const PERCENT = 'a number from 0 to 100';
const GB = 'a number of GB, 0 or more';
const FILL_RATE = 'a number of GB per second, 0 for no early scans';
const DESCRIPTORS = 'a whole number of descriptors, 0 or more';
const KILLS = 'a number of kills, 1 or more';
const FLAG = 'true or false';
const PATH = 'an absolute path in quotes, or "" for none';
const PID = 'a PID, a whole number from 1';
const USER = 'a user name in quotes';
const USE = 'a package name or a path, in quotes';
const NAME =
  'part of a process name, "/a regular expression/", or { name = "…", user = "…" }, and never "", which would protect everything';

function numberBetween(min: number, max: number, accepted: string, byDefault: number) {
  const schema = v.pipe(v.number(accepted), v.minValue(min, accepted), v.maxValue(max, accepted));
  return v.optional(schema, byDefault);
}

function flag(byDefault: boolean) {
  return key(v.optional(v.boolean(FLAG), byDefault), FLAG, String(byDefault));
}

function oneOf<const T extends readonly [string, ...string[]]>(...values: T) {
  const accepted = values.map((value) => `"${value}"`).join(' or ');
  return key(v.optional(v.picklist(values, accepted), values[0]), accepted, `"${values[0]}"`);
}

function path(byDefault: string) {
  const isPathOrNone = (text: string): boolean => text === '' || text.startsWith('/');
  const schema = v.pipe(v.string(PATH), v.check(isPathOrNone, PATH));
  return key(v.optional(schema, byDefault), PATH, `"${byDefault}"`);
}

function compiles(name: string): boolean {
  const source = regularExpressionOf(name);
  try {
    return source === undefined || new RegExp(source, 'i') instanceof RegExp;
  } catch {
    return false;
  }
}

const nameSchema = v.pipe(v.string(NAME), v.nonEmpty(NAME), v.check(compiles, NAME));
const userSchema = v.pipe(v.string(USER), v.nonEmpty(USER));
const pidSchema = v.pipe(v.number(PID), v.integer(PID), v.minValue(1, PID));
const plainNameSchema = v.pipe(
  nameSchema,
  v.transform((name): { name: string; user?: string | undefined } => ({ name })),
);
const nameEntrySchema = v.union(
  [plainNameSchema, v.strictObject({ name: nameSchema, user: v.optional(userSchema) })],
  NAME,
);

/** Every table and key of the file, but for `[[plugins]]`. Defaults are those of the Python service. */
export const TABLES = {
  thresholds: {
    ram_percent_threshold: key(numberBetween(0, 100, PERCENT, 10), PERCENT, '10.0'),
    ram_gb_threshold: key(numberBetween(0, Number.POSITIVE_INFINITY, GB, 2), GB, '2.0'),
    check_interval: key(
      numberBetween(SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS, INTERVAL, 30),
      INTERVAL,
      '30',
    ),
  },
  whitelist: {
    pids: key(v.optional(v.array(pidSchema, 'a list of PIDs'), [1]), 'a list of PIDs', '[1]'),
    names: key(v.optional(v.array(nameEntrySchema, 'a list of names'), []), 'a list of names', '["sshd"]'),
    users: key(
      v.optional(v.array(userSchema, 'a list of user names'), []),
      'a list of user names',
      '["root"]',
    ),
  },
  settings: {
    dry_run: flag(false),
    log_file: path('/var/log/memory_monitor.log'),
    enable_syslog: flag(true),
    log_format: oneOf('text', 'json'),
    log_command_lines: flag(false),
    measure: oneOf('rss', 'private', 'pss'),
    grace_seconds: key(numberBetween(0, LONGEST_WAIT_SECONDS, WAIT, 5), WAIT, '5'),
    max_kills_per_minute: key(numberBetween(1, 1_000_000, KILLS, 10), KILLS, '10'),
    fill_rate_gb_per_second: key(numberBetween(0, 1000, FILL_RATE, 6), FILL_RATE, '6'),
    max_defer_seconds: key(numberBetween(0, LONGEST_WAIT_SECONDS, WAIT, 60), WAIT, '60'),
    state_directory: path('/var/lib/memory-monitor'),
    held_descriptors: key(
      v.optional(v.pipe(v.number(DESCRIPTORS), v.integer(DESCRIPTORS), v.minValue(0, DESCRIPTORS)), 4096),
      DESCRIPTORS,
      '4096',
    ),
    control_socket: path('/run/memory-monitor/control.sock'),
  },
};

/** The keys of one `[[plugins]]`. */
const PLUGIN_KEYS = {
  use: key(v.pipe(v.string(USE), v.nonEmpty(USE)), USE, '"@memory-monitor/policy-schedule"'),
  // Not v.record, which leaves keys such as "constructor" out: they are the plugin's business.
  config: key(
    v.optional(v.custom<Readonly<Record<string, unknown>>>(isTable, 'a table'), {}),
    'a table',
    '{}',
  ),
  isolate: flag(false),
  on_failure: oneOf('spare', 'ignore'),
};

type Schemas<T extends Record<string, KeySpec>> = { [K in keyof T]: T[K]['schema'] };

function schemasOf<T extends Record<string, KeySpec>>(keys: T): Schemas<T> {
  return Object.fromEntries(Object.entries(keys).map(([name, { schema }]) => [name, schema])) as Schemas<T>;
}

/** The whole file, as TOML has it. */
export const fileSchema = v.strictObject({
  thresholds: v.optional(v.strictObject(schemasOf(TABLES.thresholds), 'a table, begun by [thresholds]'), {}),
  whitelist: v.optional(v.strictObject(schemasOf(TABLES.whitelist), 'a table, begun by [whitelist]'), {}),
  settings: v.optional(v.strictObject(schemasOf(TABLES.settings), 'a table, begun by [settings]'), {}),
  plugins: v.optional(
    v.array(
      v.strictObject(schemasOf(PLUGIN_KEYS), 'a table, begun by [[plugins]]'),
      'a list, each entry begun by [[plugins]]',
    ),
    [],
  ),
});

/** The tables and keys of the file by name: what a misspelt key is held against. */
export const KNOWN_KEYS: Readonly<Record<string, Readonly<Record<string, KeySpec>>>> = {
  ...TABLES,
  plugins: PLUGIN_KEYS,
};
