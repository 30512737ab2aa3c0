type Scalar = number | string | boolean;
type Inline = Readonly<Record<string, Scalar | readonly Scalar[]>>;
type Value = Scalar | Inline | readonly (Scalar | Inline)[];
type Table = Readonly<Record<string, Value>>;

/** Tables of a configuration; what is not named is as in `DEFAULTS`. */
export interface Tables {
  readonly thresholds?: Table;
  readonly whitelist?: Table;
  readonly settings?: Table;
  readonly plugins?: readonly PluginTable[];
}

/** One `[[plugins]]`. */
export interface PluginTable {
  readonly use: string;
  readonly isolate?: boolean;
  readonly on_failure?: 'spare' | 'ignore';
  readonly config?: Table;
}

/** An interval and a grace period that a test can wait for, and limits that only a hog exceeds. */
const DEFAULTS = {
  thresholds: { ram_gb_threshold: 0.2, ram_percent_threshold: 100, check_interval: 0.15 },
  whitelist: { pids: [1], names: [], users: [] },
  settings: {
    log_file: '',
    enable_syslog: false,
    log_format: 'json',
    grace_seconds: 1,
    max_kills_per_minute: 1000,
    state_directory: '',
    control_socket: '',
  },
} as const satisfies Required<Omit<Tables, 'plugins'>>;

/** A configuration file in TOML. */
export function toml(tables: Tables): string {
  const fixed = (['thresholds', 'whitelist', 'settings'] as const).flatMap((name) => [
    `[${name}]`,
    ...linesOf({ ...DEFAULTS[name], ...tables[name] }),
    '',
  ]);
  const plugins = (tables.plugins ?? []).flatMap(({ config = {}, ...keys }) => [
    '[[plugins]]',
    ...linesOf(keys),
    '[plugins.config]',
    ...linesOf(config),
    '',
  ]);
  return [...fixed, ...plugins].join('\n');
}

function linesOf(table: Table): string[] {
  return Object.entries(table).map(([key, value]) => `${key} = ${inToml(value)}`);
}

/** Numbers, strings and flags are the same in JSON. */
function inToml(value: Value): string {
  if (isList(value)) {
    return `[${value.map(inToml).join(', ')}]`;
  }
  if (typeof value !== 'object') {
    return JSON.stringify(value);
  }
  const pairs = Object.entries(value).map(([key, text]) => `${key} = ${JSON.stringify(text)}`);
  return `{ ${pairs.join(', ')} }`;
}

function isList(value: Value): value is readonly (Scalar | Inline)[] {
  return Array.isArray(value);
}
