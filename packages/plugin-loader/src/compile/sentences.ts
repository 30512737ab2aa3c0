import { printable } from '@memory-monitor/core';

import type { CompilerMessage } from './messages.js';
import type { StrayImport } from './metafile.js';

const CORE = '@memory-monitor/core';
/** `import { name }`, and `import * as module` with `module.name`. */
const UNEXPORTED = [
  /^No matching export in "(?<file>.+)" for import "(?<name>.+)"$/,
  /^Import "(?<name>.+)" will always be undefined because there is no matching export in "(?<file>.+)" \[/,
];

/**
 * What esbuild found wrong, as an author understands it who does not know that esbuild is at work: a line
 * `file:line:column: sentence` for each, in the order of the files.
 */
export function tellAll(messages: readonly CompilerMessage[], entryPath: string): string {
  const placed = messages.filter(({ place }) => place !== undefined);
  // Messages without a place are only consequences, as long as there are others.
  const lines = (placed.length > 0 ? placed : messages).map((message) => {
    const { file, line, column } = message.place ?? {};
    const where = file === undefined ? entryPath : `/${file}:${line ?? 0}:${column ?? 0}`;
    return {
      file: file ?? '',
      line: line ?? 0,
      column: column ?? 0,
      text: `${where}: ${sentenceOf(message)}`,
    };
  });
  lines.sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
  return lines.map(({ text }) => printable(text)).join('\n');
}

/** Imports that would load while the plugin runs what nobody has checked, a line for each. */
export function tellStrays(strays: readonly StrayImport[]): string {
  return strays
    .map(({ file, specifier }) =>
      printable(
        `${file}: "${specifier}" can not be compiled in, and would be loaded unchecked while the plugin runs; import a file that is there by its path, or a package that is installed beside the plugin.`,
      ),
    )
    .join('\n');
}

function sentenceOf({ text, notes }: CompilerMessage): string {
  const subpath = /\(originally "@memory-monitor\/core\/(.+)"\)$/.exec(text)?.[1];
  if (subpath !== undefined) {
    return subpath === 'testing'
      ? `"${CORE}/testing" is there for tests only; a plugin can import what "${CORE}" exports.`
      : `"${CORE}/${subpath}" is not there; a plugin can import what "${CORE}" exports.`;
  }
  if (text.startsWith('No loader is configured for ".node" files')) {
    return 'A native addon (.node) can not be part of a plugin; run it as a program of its own.';
  }
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  if (missing !== undefined) {
    const why = notes.find((note) => note.includes('is not exported by package'));
    const isPackage = /^[^./#]/.test(missing);
    return why !== undefined
      ? `"${missing}" can not be found: ${why.replace(/[:.]$/, '')}.`
      : `"${missing}" can not be found${isPackage ? '; install it beside the plugin, with npm install' : ''}.`;
  }
  return unexported(text) ?? text.replace(/[^.]$/, '$&.');
}

function unexported(text: string): string | undefined {
  for (const pattern of UNEXPORTED) {
    const { file = '', name } = pattern.exec(text)?.groups ?? {};
    if (name !== undefined) {
      const module = /(?:^|\/)core-[0-9a-f]{64}\.mjs$/.test(file) ? CORE : `/${file}`;
      return `"${module}" exports no "${name}".`;
    }
  }
  return undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
