import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import * as core from '@memory-monitor/core';

import {
  importDefault,
  PluginCompiler,
  type CompiledPlugin,
  type PluginCompilerOptions,
} from '@memory-monitor/plugin-loader';
import { eventually } from './eventually.js';
import { useTemporaryDirectory } from './temporary-directory.js';

export interface Workshop {
  /** Where the configuration file would be. */
  readonly directory: string;
  readonly cacheDirectory: string;
  readonly path: (name: string) => string;
  /** Writes files; a name that ends in .json is given as an object. Returns the path of the last. */
  readonly write: (files: Readonly<Record<string, unknown>>) => string;
  readonly compiler: (options?: Partial<PluginCompilerOptions>) => PluginCompiler;
  /** By the compiler that remembers what it has compiled here. */
  readonly compile: (use: string) => Promise<CompiledPlugin>;
  /** Compiles and imports. */
  readonly load: (use: string) => Promise<unknown>;
  /** Compiles until it can be remembered: what was written just now could have changed while it was compiled. */
  readonly compileUntilCached: (use: string) => Promise<CompiledPlugin>;
}

/** A directory to write plugins in, and one for what is compiled, for each test. */
export function useWorkshop(): () => Workshop {
  const root = useTemporaryDirectory();
  // The daemon does this.
  Object.assign(globalThis, { [Symbol.for('@memory-monitor/core')]: core });
  return () => {
    const directory = join(root(), 'etc');
    const cacheDirectory = join(root(), 'cache');
    const scratchDirectory = join(root(), 'run');
    mkdirSync(directory, { recursive: true });
    const compiler: Workshop['compiler'] = (options = {}) =>
      new PluginCompiler({ cacheDirectory, scratchDirectory, coreExports: Object.keys(core), ...options });
    const compile: Workshop['compile'] = async (use) => await compiler().compile({ use, directory });
    const path: Workshop['path'] = (name) => join(directory, name);
    return {
      directory,
      cacheDirectory,
      path,
      compiler,
      compile,
      write: (files) => {
        for (const [name, content] of Object.entries(files)) {
          mkdirSync(dirname(path(name)), { recursive: true });
          writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
        }
        return path(Object.keys(files).at(-1) ?? '');
      },
      load: async (use) => await importDefault(await compile(use)),
      compileUntilCached: async (use) =>
        await eventually(`${use}, remembered`, async () => {
          const compiled = await compile(use);
          return compiled.wasCached && compiled;
        }),
    };
  };
}
