import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';

/** An import as it stands in the source. */
export interface ImportStatement {
  /** The directory of the file that it stands in. */
  readonly from: string;
  readonly specifier: string;
}

/** An import that Node would carry out while the plugin runs, of what was not compiled in. */
export interface StrayImport {
  /** The file that it stands in. */
  readonly file: string;
  readonly specifier: string;
}

/** What esbuild has read to compile something. */
export interface Reading {
  /** Real paths of the files. */
  readonly inputs: readonly string[];
  readonly imports: readonly ImportStatement[];
}

/** esbuild's own helpers, which it puts into what it makes. */
const RUNTIME = '<runtime>';

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly MetafileImport[] }>>;
}

interface MetafileImport {
  readonly path: string;
  readonly kind: string;
  readonly original?: string;
  readonly external?: boolean;
}

/** Reads the metafile of esbuild; `directory` is where esbuild was run. */
export function parseMetafile(
  text: string,
  directory: string,
): Reading & { readonly strays: readonly StrayImport[] } {
  const inputs: string[] = [];
  const imports: ImportStatement[] = [];
  const strays: StrayImport[] = [];
  for (const [name, input] of Object.entries((JSON.parse(text) as Metafile).inputs)) {
    const path = resolve(directory, name);
    strays.push(...input.imports.filter(isStray).map((stray) => ({ file: path, specifier: stray.path })));
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
  return { inputs, imports, strays };
}

/** Node's own modules are no files, and what a plugin can `require` while it runs is those alone. */
function isStray({ path, kind, external = false }: MetafileImport): boolean {
  const isOwn = path === RUNTIME && kind === 'import-statement';
  const isOptional = kind === 'require-call' && !/^\/|:/.test(path);
  return external && !isOwn && !isOptional && !path.startsWith('node:') && !isBuiltin(path);
}
