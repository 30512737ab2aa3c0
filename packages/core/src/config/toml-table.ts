import { TomlDate, type TomlTable, type TomlValue } from 'smol-toml';

/** Whether a TOML value is a table, not a list, a date or a scalar. */
export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);
}
