import { TomlDate, type TomlTable } from 'smol-toml';

/** Whether a TOML value is a table, not a list, a date or a scalar. */
export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TomlDate);
}
