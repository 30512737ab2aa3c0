// What a bundle holds of others, with the licences that have to go along.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the licence of a package is that has no copy of it: with the one that it is a part of. */
const LICENCE_OF = [
  [/^@esbuild\//, 'esbuild'],
  [/^@koromix\/koffi-/, 'koffi'],
];

/** Of those that come without a copy of theirs. */
const STATED = {
  '@resvg/resvg-wasm': `Mozilla Public License 2.0: https://mozilla.org/MPL/2.0/ (on Debian in /usr/share/common-licenses/MPL-2.0).
It is here as its authors published it; its source is at https://github.com/thx/resvg-js.`,
};

/**
 * The text of the notices: each package that the files are from, once, with its licence. `inputs` are files in node_modules that were
 * inlined; `copied` is a directory of packages that were copied whole; `modules` is where all of them come from.
 */
export function thirdPartyNotices(inputs, copied, modules) {
  const inlined = inputs.flatMap((input) => packageDirectory(input) ?? []);
  const whole = packagesIn(copied).map((name) => packageOfName(name, modules));
  const packages = new Map(
    [...inlined, ...whole].map((directory) => {
      const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      return [`${name} ${version}`, { license, text: licenceText(directory, name, modules) }];
    }),
  );
  return [...packages]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([title, { license, text }]) => `${'-'.repeat(80)}\n${title} (${license})\n\n${text.trim()}\n`)
    .join('\n');
}

/** The directory of the package that a file belongs to; undefined for our own. */
function packageDirectory(file) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

function packagesIn(directory) {
  return readdirSync(directory).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(directory, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

/** npm puts a package at the top, or below the one of the workspace that needs it. */
function packageOfName(name, modules) {
  const found = modules.map((directory) => join(directory, name)).find(existsSync);
  if (found === undefined) {
    throw new Error(`There is no package ${name} in ${modules.join(', ')}.`);
  }
  return found;
}

function licenceText(directory, name, modules) {
  if (STATED[name] !== undefined) {
    return STATED[name];
  }
  const of = LICENCE_OF.find(([pattern]) => pattern.test(name))?.[1];
  const place = of === undefined ? directory : packageOfName(of, modules);
  const files = readdirSync(place).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  if (files.length === 0) {
    throw new Error(`${name} has no licence in ${place}; say in scripts/third-party.mjs where it is.`);
  }
  return files.map((file) => readFileSync(join(place, file), 'utf8').trim()).join('\n\n');
}
