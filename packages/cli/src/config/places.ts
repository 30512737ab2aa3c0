import { ConfigPlaces, type SourceFile } from '@memory-monitor/core';

/** Where limits come from, as `file:line`: by the name of the threshold, and by plugin. What stands nowhere is a default. */
export async function placesOf(
  sources: readonly SourceFile[],
  plugins: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const wanted = [
    ...['ram_percent_threshold', 'ram_gb_threshold'].map((key) => ({ name: key, path: ['thresholds', key] })),
    ...plugins.map((plugin, index) => ({ name: `plugin:${plugin}`, path: ['plugins', index, 'use'] })),
  ];
  const places = new ConfigPlaces(sources);
  const entries = await Promise.all(
    wanted.map(async ({ name, path }) => {
      const place = await places.find(path);
      return place === undefined ? [] : [[name, place] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}
