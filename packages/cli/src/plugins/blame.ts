import { stackPlaces, type PluginFiles } from '@memory-monitor/plugin-loader';

/** Whose fault an error is that nobody caught, by its stack: a plugin's, `unknown` for nobody's in particular, or the monitor's. */
export type Blame = PluginFiles | 'unknown' | 'monitor';

/**
 * A plugin's, if any of its code is on the stack: what it calls of the monitor's with nonsense fails there. An error without any place
 * comes out of a socket or a timer that somebody has left without a listener: the monitor leaves none, so where there are plugins it
 * is one of theirs.
 */
export function blameFor(error: unknown, plugins: readonly PluginFiles[]): Blame {
  const places = stackPlaces(error);
  const owner = places
    .map(({ path }) => plugins.find(({ files }) => files.includes(path)))
    .find((plugin) => plugin !== undefined);
  if (owner !== undefined) {
    return owner;
  }
  return places.length > 0 || plugins.length === 0 ? 'monitor' : 'unknown';
}
