import { printable } from '../log/printable.js';
import { ConfigPlaces } from './config-places.js';
import type { TomlPath } from './merge.js';
import type { ConfigurationMistake } from './mistake.js';
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
  const places = new ConfigPlaces(files);
  return await Promise.all(
    remarks.map(async ({ path, isAboutKey, message }) => ({
      ...(await places.at(path, isAboutKey ? 'key' : 'value')),
      key: printable(path.join('.')),
      message: printable(message),
    })),
  );
}
