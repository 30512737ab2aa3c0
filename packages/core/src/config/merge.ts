import type { TomlTable } from 'smol-toml';

import { isTable } from './toml-table.js';

/** A step into a TOML document: a key, or the index of an element. */
export type TomlPath = readonly (string | number)[];

/** Where a value of the merged configuration was written. */
export interface Origin {
  readonly file: number;
  readonly path: TomlPath;
}

/** Several files as one, and where each value comes from. */
export interface Merged {
  readonly table: TomlTable;
  originOf(path: TomlPath): Origin;
}

/**
 * Merges tables in order: of two values for one key the later one counts, tables are merged key by key, and lists
 * (whitelists, plugins) grow, so that a drop-in adds to what protects instead of replacing it.
 */
export function mergeTables(tables: readonly TomlTable[]): Merged {
  const origins = new Map<string, Origin>();
  const table: TomlTable = {};
  tables.forEach((source, file) => {
    mergeInto(table, source, [], [], file, origins);
  });
  return {
    table,
    originOf: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const origin = origins.get(keyOf(path.slice(0, length)));
        if (origin !== undefined) {
          return { file: origin.file, path: [...origin.path, ...path.slice(length)] };
        }
      }
      return { file: 0, path };
    },
  };
}

function mergeInto(
  target: TomlTable,
  source: TomlTable,
  targetPath: TomlPath,
  sourcePath: TomlPath,
  file: number,
  origins: Map<string, Origin>,
): void {
  for (const [key, value] of Object.entries(source)) {
    const known = Object.hasOwn(target, key) ? target[key] : undefined;
    const here = [...targetPath, key];
    const there = [...sourcePath, key];
    if (Array.isArray(value)) {
      const before = Array.isArray(known) ? known : [];
      value.forEach((_, index) => {
        origins.set(keyOf([...here, before.length + index]), { file, path: [...there, index] });
      });
      define(target, key, [...before, ...value]);
    } else if (isTable(value)) {
      const merged = isTable(known) ? known : {};
      define(target, key, merged);
      mergeInto(merged, value, here, there, file, origins);
    } else {
      define(target, key, value);
    }
    origins.set(keyOf(here), { file, path: there });
  }
}

/** A key may be called `__proto__`: it stays a key. */
function define(target: TomlTable, key: string, value: TomlTable[string]): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function keyOf(path: TomlPath): string {
  return JSON.stringify(path);
}
