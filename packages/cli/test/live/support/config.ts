type Scalar = number | string | boolean;
type Inline = Readonly<Record<string, string>>;
type Value = Scalar | readonly (Scalar | Inline)[];
type Table = Readonly<Record<string, Value>>;

/** Tables of a configuration; what is not named is as in `DEFAULTS`. */
export interface Tables {
  readonly thresholds?: Table;
  readonly whitelist?: Table;
  readonly settings?: Table;
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
  },
} as const satisfies Required<Tables>;

/** A configuration file in TOML. */
export function toml(tables: Tables): string {
  return (['thresholds', 'whitelist', 'settings'] as const)
    .flatMap((name) => [
      `[${name}]`,
      ...Object.entries<Value>({ ...DEFAULTS[name], ...tables[name] }).map(
        ([key, value]) => `${key} = ${inToml(value)}`,
      ),
      '',
    ])
    .join('\n');
}

/** Numbers, strings and flags are the same in JSON. */
function inToml(value: Value | Inline): string {
  if (isList(value)) {
    return `[${value.map(inToml).join(', ')}]`;
  }
  if (typeof value !== 'object') {
    return JSON.stringify(value);
  }
  const pairs = Object.entries(value).map(([key, text]) => `${key} = ${JSON.stringify(text)}`);
  return `{ ${pairs.join(', ')} }`;
}

function isList(value: Value | Inline): value is readonly (Scalar | Inline)[] {
  return Array.isArray(value);
}
