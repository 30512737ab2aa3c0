import {
  checkConfig,
  checkDefinition,
  ConfigPlaces,
  ConfigurationError,
  LATE,
  locate,
  MonitorError,
  nearestTo,
  NO_TRACE,
  PluginError,
  tracedToTheEnd,
  within,
  type CheckedConfig,
  type Clock,
  type CodeTrace,
  type LoadedPlugin,
  type PluginConfig,
  type Remark,
  type SourceFile,
} from '@memory-monitor/core';

import type { PluginEntry } from './compile/find-entry.js';
import { importDefault } from './import-default.js';
import { IsolatedPlugins } from './isolation/isolated-plugins.js';
import { PluginCompiler, type CompiledPlugin } from './plugin-compiler.js';
import { coreExports, shareCore } from './share-core.js';
import { sourceOf } from './source-of.js';

/** How long a plugin's module may take to be imported: it may wait for something at its top level. */
const IMPORT_DEADLINE_MS = 20_000;

/** Plugins that are part of the monitor, by the name that `use` has for them. */
export type BuiltInPlugins = Readonly<Record<string, () => Promise<unknown>>>;

export interface PluginLoaderOptions {
  /** What paths in `use` are relative to, and where packages are looked for. */
  readonly configDirectory: string;
  /** Where compiled plugins are kept; empty for nowhere. */
  readonly cacheDirectory: string;
  /** Where they lie as long as they are used if they are not kept. */
  readonly scratchDirectory: string;
  /** Where the processes of isolated plugins find their code; empty for nowhere. */
  readonly runtimeDirectory: string;
  /** The module that serves an isolated plugin in its process. */
  readonly childEntry: string;
  readonly builtIn: BuiltInPlugins;
  readonly clock: Clock;
}

/** A plugin's name, and every file that its code comes from. */
export interface PluginFiles {
  readonly name: string;
  readonly use: string;
  readonly files: readonly string[];
}

type Loading =
  LoadedPlugin | { readonly name: string; readonly issues: NonNullable<CheckedConfig['issues']> };

/** Loads what `[[plugins]]` names: finds, compiles and imports it, or starts its process, and checks its configuration. */
export class PluginLoader {
  readonly #options: PluginLoaderOptions;
  readonly #compiler: PluginCompiler;
  readonly #isolated: IsolatedPlugins;
  readonly #files = new Map<string, PluginFiles>();

  constructor(options: PluginLoaderOptions) {
    this.#options = options;
    this.#compiler = new PluginCompiler({
      cacheDirectory: options.cacheDirectory,
      scratchDirectory: options.scratchDirectory,
      coreExports: coreExports(),
    });
    this.#isolated = new IsolatedPlugins(options);
    process.once('exit', this.#tidyUp);
  }

  /** The files of the plugins that have been loaded into this process, so that a stack can be told to be theirs. */
  get files(): readonly PluginFiles[] {
    return [...this.#files.values()];
  }

  /**
   * Loads plugins in their order. Rejects with a `ConfigurationError` that holds every mistake of every `[plugins.config]`, by file,
   * line and column, and with a `MonitorError` for the first plugin that can't be had at all. `traces` note, by place, whose code is
   * running; a plugin without one is left out.
   */
  async load(
    plugins: readonly PluginConfig[],
    sources: readonly SourceFile[],
    traces: readonly (CodeTrace | undefined)[] = plugins.map(() => NO_TRACE),
  ): Promise<LoadedPlugin[]> {
    const loaded: LoadedPlugin[] = [];
    const remarks: Remark[] = [];
    const places = new ConfigPlaces(sources);
    try {
      for (const [index, plugin] of plugins.entries()) {
        const trace = traces[index];
        if (trace === undefined) {
          continue;
        }
        const loading = await this.#loadOrName(plugin, index, trace);
        if ('issues' in loading) {
          remarks.push(...remarksOf(loading, index));
        } else {
          const configPath = ['plugins', index, 'config'];
          loaded.push({
            ...loading,
            trace,
            configPlace: async (path) => await places.find([...configPath, ...path]),
          });
        }
      }
      if (remarks.length > 0) {
        throw new ConfigurationError(await locate(sources, remarks));
      }
      await this.#prune(plugins);
      return loaded;
    } catch (error) {
      for (const { discard } of loaded) {
        discard?.();
      }
      await this.dispose();
      throw error;
    }
  }

  /** Its plugins are disposed of: removes what was compiled or copied for them alone. Resolves when none of their processes runs. */
  async dispose(): Promise<void> {
    await this.#isolated.dispose();
    process.off('exit', this.#tidyUp);
    this.#tidyUp();
  }

  /** However the process ends: what lies in /run takes memory. */
  readonly #tidyUp = (): void => {
    this.#isolated.release();
    this.#compiler.dispose();
  };

  async #loadOrName(plugin: PluginConfig, index: number, trace: CodeTrace): Promise<Loading> {
    try {
      return await this.#load(plugin, trace);
    } catch (error) {
      throw error instanceof MonitorError
        ? new PluginError(error.code, this.#withNearest(plugin.use, error), index, error)
        : error;
    }
  }

  /** Who has misspelt one of the monitor's own plugins is not to look for it on npm. */
  #withNearest(use: string, { code, message }: MonitorError): string {
    const near =
      code === 'MM_ERR_PLUGIN_NOT_FOUND' ? nearestTo(use, Object.keys(this.#options.builtIn)) : undefined;
    return near === undefined ? message : `${message} Did you mean "${near}"?`;
  }

  /** Where nothing was compiled, there is no directory to tidy up. */
  async #prune(plugins: readonly PluginConfig[]): Promise<void> {
    const compiled = plugins.filter(({ use }) => !this.#isBuiltIn(use));
    if (compiled.length > 0) {
      await this.#compiler.prune(compiled.map(({ use }) => this.#entryOf(use)));
    }
  }

  async #load(plugin: PluginConfig, trace: CodeTrace): Promise<Loading> {
    const compiled = this.#isBuiltIn(plugin.use) ? undefined : await this.#compile(plugin.use);
    return plugin.isolate
      ? await this.#isolated.load(plugin, compiled)
      : await tracedToTheEnd(trace, () => this.#loadHere(plugin, compiled));
  }

  async #loadHere(plugin: PluginConfig, compiled: CompiledPlugin | undefined): Promise<Loading> {
    const { use, onFailure } = plugin;
    const definition = checkDefinition(await this.#import(use, compiled), use);
    const checked = await checkConfig(definition, plugin.config, this.#options.clock);
    if (checked.issues !== undefined) {
      return { name: definition.name, issues: checked.issues };
    }
    if (compiled !== undefined) {
      const { file, inputs } = compiled;
      this.#files.set(file, { name: definition.name, use, files: [file, ...inputs] });
    }
    const source = sourceOf(use, compiled, false);
    return { definition, config: checked.config, onFailure, source };
  }

  async #import(use: string, compiled: CompiledPlugin | undefined): Promise<unknown> {
    const { builtIn, clock } = this.#options;
    shareCore();
    const exported = await within(
      (ms, abort) => clock.sleep(ms, abort),
      IMPORT_DEADLINE_MS,
      compiled === undefined ? builtIn[use]?.() : importDefault(compiled),
    );
    if (exported === LATE) {
      const seconds = IMPORT_DEADLINE_MS / 1000;
      throw new MonitorError(
        'MM_ERR_PLUGIN_INVALID',
        `The plugin ${use} has not been loaded within ${seconds} s; it waits for something at its top level: do that in setup.`,
      );
    }
    return exported;
  }

  async #compile(use: string): Promise<CompiledPlugin> {
    return await this.#compiler.compile(this.#entryOf(use));
  }

  #isBuiltIn(use: string): boolean {
    return Object.hasOwn(this.#options.builtIn, use);
  }

  #entryOf(use: string): PluginEntry {
    return { use, directory: this.#options.configDirectory };
  }
}

function remarksOf({ name, issues }: Extract<Loading, { issues: unknown }>, index: number): Remark[] {
  return issues.map(({ path, message }) => ({
    path: ['plugins', index, 'config', ...path],
    isAboutKey: false,
    message: `${name}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
  }));
}
