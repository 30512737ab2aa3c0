import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { PidNamespace } from './namespace.js';

/** Sources, as they are: they are compiled by what is under test. */
const FIXTURES = new URL('../../../test/live/fixtures/', import.meta.url);

/** Writes a plugin into the namespace's directory; returns its path. */
export function placePlugin(namespace: PidNamespace, name: string, text: string): string {
  const directory = namespace.path('plugins');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

/** Puts a fixture into the namespace's directory, with words in it replaced; returns its path. */
export function placeFixture(
  namespace: PidNamespace,
  fixture: string,
  { name = fixture, words = {} }: { readonly name?: string; readonly words?: Record<string, string> } = {},
): string {
  const text = Object.entries(words).reduce(
    (current, [word, replacement]) => current.replaceAll(word, replacement),
    readFileSync(new URL(`${fixture}.ts`, FIXTURES), 'utf8'),
  );
  return placePlugin(namespace, `${name}.ts`, text);
}
