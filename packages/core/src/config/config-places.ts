import { mergeTables, type Merged, type TomlPath } from './merge.js';
import { parseToml } from './parse-toml.js';
import { findPositions, type Positions } from './positions.js';
import type { SourceFile } from './source-file.js';

/** Where keys of the merged configuration stand. What it reads for that, it reads once, when it is first asked. */
export class ConfigPlaces {
  readonly #files: readonly SourceFile[];
  readonly #positions = new Map<number, Promise<Positions>>();
  #merged: Merged | undefined;

  constructor(files: readonly SourceFile[]) {
    this.#files = files;
  }

  /** `FILE:LINE`; undefined for what was left to its default. */
  async find(path: TomlPath): Promise<string | undefined> {
    this.#merged ??= mergeTables(this.#files.map(({ text }) => parseToml(text).table));
    if (valueAt(this.#merged.table, path) === undefined) {
      return undefined;
    }
    const { file, path: there } = this.#merged.originOf(path);
    const { line } = (await this.#positionsIn(file)).ofKey(there);
    return `${this.#files[file]?.path ?? ''}:${line}`;
  }

  async #positionsIn(file: number): Promise<Positions> {
    const found = this.#positions.get(file) ?? findPositions(this.#files[file]?.text ?? '');
    this.#positions.set(file, found);
    return await found;
  }
}

function valueAt(table: unknown, path: TomlPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    table,
  );
}
