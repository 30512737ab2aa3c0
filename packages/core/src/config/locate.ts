import { printable } from '../log/printable.js';
import { mergeTables, type TomlPath } from './merge.js';
import type { ConfigurationMistake } from './mistake.js';
import { parseToml } from './parse-toml.js';
import { findPositions } from './positions.js';
import type { SourceFile } from './source-file.js';

/** What is to be said about a key or a value of the merged configuration. */
export interface Remark {
  readonly path: TomlPath;
  /** Whether it is about the key itself and not about its value. */
  readonly isAboutKey: boolean;
  readonly message: string;
}

/** Finds where remarks belong: file, line and column, whichever drop-in that is in. Loads a parser, so only for errors. */
export async function locate(
  files: readonly SourceFile[],
  remarks: readonly Remark[],
): Promise<ConfigurationMistake[]> {
  const parsed = files.map(({ text }) => parseToml(text));
  const merged = mergeTables(parsed.map(({ table }) => table));
  return await Promise.all(
    remarks.map(async ({ path, isAboutKey, message }) => {
      const origin = merged.originOf(path);
      const positions = await findPositions(parsed[origin.file]?.text ?? '');
      const place = isAboutKey ? positions.ofKey(origin.path) : positions.ofValue(origin.path);
      return {
        file: files[origin.file]?.path ?? '',
        ...place,
        key: path.join('.'),
        message: printable(message),
      };
    }),
  );
}
