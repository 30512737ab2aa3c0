import type { PluginSource } from '@memory-monitor/core';

import type { CompiledPlugin } from './plugin-compiler.js';
import { placeIn } from './stack-places.js';

/** Where a plugin came from. */
export function sourceOf(
  use: string,
  compiled: CompiledPlugin | undefined,
  isIsolated: boolean,
): PluginSource {
  const inputs = compiled?.inputs ?? [];
  return {
    use,
    file: compiled?.entryPath,
    version: compiled?.version,
    isIsolated,
    placeOf: (error) => placeIn(error, inputs),
  };
}
