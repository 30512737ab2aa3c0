import { dirname, isAbsolute, join } from 'node:path';

import type { ImportStatement, Reading } from '../compile/metafile.js';

/** What esbuild reads in each directory above a file, where it is there: Yarn's files say where packages are. */
const READ_ABOVE = ['package.json', '.pnp.data.json', '.pnp.cjs', '.pnp.js'];

/**
 * Every path that decides what a plugin is made of, whether anything is there or not. esbuild names the files that it
 * has compiled, behind all links; what has led it there is worked out here: the directories that an import was looked
 * for in, links among them, `package.json` files, and each `node_modules` that a package could have come from.
 */
export function touchedBy({ inputs, imports }: Reading): readonly string[] {
  const directories = new Set([...inputs.map((path) => dirname(path)), ...imports.map(({ from }) => from)]);
  const above = new Set([...directories].flatMap(upwardFrom));
  const aboveAll = [...above].flatMap((directory) =>
    [...READ_ABOVE, 'node_modules'].map((name) => join(directory, name)),
  );
  return [...new Set([...inputs, ...directories, ...aboveAll, ...imports.flatMap(placesOf)])];
}

/** Where an import is looked for. Of a directory, its package.json says which file it is, which may be anywhere. */
function placesOf({ from, specifier }: ImportStatement): readonly string[] {
  if (isAbsolute(specifier) || specifier.startsWith('.')) {
    const target = isAbsolute(specifier) ? specifier : join(from, specifier);
    return [dirname(target), target, join(target, 'package.json')];
  }
  // "#name" stands in package.json; what begins with "data:" is no file.
  const packageName = /^(?:@[^/:]+\/)?[^./#@:][^/:]*(?=\/|$)/.exec(specifier)?.[0];
  if (packageName === undefined) {
    return [];
  }
  const scope = packageName.startsWith('@') ? [dirname(packageName)] : [];
  const names = [...scope, packageName, join(packageName, 'package.json')];
  return upwardFrom(from).flatMap((directory) => names.map((name) => join(directory, 'node_modules', name)));
}

/** The directory, and each one above it. */
function upwardFrom(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...upwardFrom(parent)];
}
