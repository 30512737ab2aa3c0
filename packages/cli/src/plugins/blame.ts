import { fileURLToPath } from 'node:url';

import type { PluginFiles } from '@memory-monitor/plugin-loader';

/** Whose fault an error is that nobody caught, by its stack: a plugin's name, `unknown` for nobody's in particular, or the monitor's. */
export type Blame = { readonly plugin: string } | 'unknown' | 'monitor';

/** `at name (place:line:column)` or `at place:line:column`, where place is a path or a file URL. */
const FRAME = /^\s+at .*?\(?((?:file:\/\/|\/|node:)[^()]*?):\d+:\d+\)?$/;

/**
 * The innermost frame that is not Node's own tells. An error without any comes out of a socket or a timer that somebody has
 * left without a listener: the monitor leaves none, so where there are plugins it is one of theirs.
 */
export function blameFor(error: unknown, plugins: readonly PluginFiles[]): Blame {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = stack
    .split('\n')
    .map((line) => FRAME.exec(line)?.[1])
    .find((found) => found !== undefined && !found.startsWith('node:'));
  if (place === undefined) {
    return plugins.length === 0 ? 'monitor' : 'unknown';
  }
  const path = place.startsWith('file:') ? fileURLToPath(place) : place;
  const owner = plugins.find(({ files }) => files.includes(path));
  return owner === undefined ? 'monitor' : { plugin: owner.name };
}
