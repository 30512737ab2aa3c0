import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** An import as it stands in the source. */
export interface ImportStatement {
  /** The directory of the file that it stands in. */
  readonly from: string;
  readonly specifier: string;
}

/** What esbuild has read to compile something. */
export interface Reading {
  /** Real paths of the files. */
  readonly inputs: readonly string[];
  readonly imports: readonly ImportStatement[];
}

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly MetafileImport[] }>>;
}

interface MetafileImport {
  readonly path: string;
  readonly original?: string;
  readonly external?: boolean;
}

/** Reads the metafile of esbuild; `directory` is where esbuild was run. */
export function parseMetafile(text: string, directory: string): Reading {
  const inputs: string[] = [];
  const imports: ImportStatement[] = [];
  for (const [name, input] of Object.entries((JSON.parse(text) as Metafile).inputs)) {
    const path = resolve(directory, name);
    // "<…>" and "(disabled):…" are what esbuild made itself, or found within a file. A path can look like that, too.
    if (!/^(?:<|\(disabled\):)/.test(name) || existsSync(path)) {
      inputs.push(path);
      for (const { original } of input.imports) {
        if (original !== undefined) {
          imports.push({ from: dirname(path), specifier: original });
        }
      }
    }
  }
  return { inputs, imports };
}
