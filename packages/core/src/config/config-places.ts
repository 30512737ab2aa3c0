import { mergeTables, type Merged, type TomlPath } from './merge.js';
import { parseToml } from './parse-toml.js';
import { findPositions, type Position, type Positions } from './positions.js';
import type { SourceFile } from './source-file.js';
import { valueAt } from './value-at.js';

/** A position in one of several files. */
export interface ConfigPlace extends Position {
  readonly file: string;
}

/** Where keys and values of the merged configuration stand. What it reads for that, it reads once, when it is first asked. */
export class ConfigPlaces {
  readonly #files: readonly SourceFile[];
  readonly #positions = new Map<number, Promise<Positions>>();
  #read: { readonly texts: readonly string[]; readonly merged: Merged } | undefined;

  constructor(files: readonly SourceFile[]) {
    this.#files = files;
  }

  /** `FILE:LINE` of a key; undefined for what was left to its default. */
  async find(path: TomlPath): Promise<string | undefined> {
    if (valueAt(this.#sources().merged.table, path) === undefined) {
      return undefined;
    }
    const { file, line } = await this.at(path, 'key');
    return `${file}:${line}`;
  }

  /** The place of a key or of its value, or of what is nearest to it. */
  async at(path: TomlPath, what: 'key' | 'value'): Promise<ConfigPlace> {
    const origin = this.#sources().merged.originOf(path);
    const positions = await this.#positionsIn(origin.file);
    const position = what === 'key' ? positions.ofKey(origin.path) : positions.ofValue(origin.path);
    return { file: this.#files[origin.file]?.path ?? '', ...position };
  }

  #sources(): { readonly texts: readonly string[]; readonly merged: Merged } {
    if (this.#read === undefined) {
      const parsed = this.#files.map(({ text }) => parseToml(text));
      this.#read = {
        texts: parsed.map(({ text }) => text),
        merged: mergeTables(parsed.map(({ table }) => table)),
      };
    }
    return this.#read;
  }

  async #positionsIn(file: number): Promise<Positions> {
    const found = this.#positions.get(file) ?? findPositions(this.#sources().texts[file] ?? '');
    this.#positions.set(file, found);
    return await found;
  }
}
