import { stackPlaces, type PluginFiles } from '@memory-monitor/plugin-loader';

/** Whose fault an error is that nobody caught, by its stack: a plugin's name, `unknown` for nobody's in particular, or the monitor's. */
export type Blame = { readonly plugin: string } | 'unknown' | 'monitor';

/**
 * The innermost frame that is not Node's own tells. An error without any comes out of a socket or a timer that somebody has
 * left without a listener: the monitor leaves none, so where there are plugins it is one of theirs.
 */
export function blameFor(error: unknown, plugins: readonly PluginFiles[]): Blame {
  const [place] = stackPlaces(error);
  if (place === undefined) {
    return plugins.length === 0 ? 'monitor' : 'unknown';
  }
  const owner = plugins.find(({ files }) => files.includes(place.path));
  return owner === undefined ? 'monitor' : { plugin: owner.name };
}
