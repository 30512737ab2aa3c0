import { rmSync } from 'node:fs';
import { basename } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';
import { hasPrivileges } from '@memory-monitor/linux';

import { CompiledFiles, type Memory } from './cache/compiled-files.js';
import { ensureOwnDirectory } from './cache/own-directory.js';
import { makePrivateDirectory } from './cache/private-directory.js';
import { bundlePlugin, flagsFor } from './compile/bundle-plugin.js';
import { coreShim } from './compile/core-shim.js';
import { findEsbuild, type Esbuild } from './compile/esbuild.js';
import { findFile, pathOf, type PluginEntry } from './compile/find-entry.js';
import { findPackage, realDirectoryOf, versionOf } from './compile/find-package.js';
import { requireAllTrusted } from './touch/require-all-trusted.js';
import { isUnchanged, sha256, takeSnapshot, type Snapshot } from './touch/snapshot.js';
import { touchedBy } from './touch/touched.js';
import { requireTrusted } from './trust/require-trusted.js';

export interface PluginCompilerOptions {
  /**
   * Where compiled plugins are kept, such as /var/lib/memory-monitor/plugins; made if it is not there. Empty for a
   * directory in `scratchDirectory` that is there until `dispose`.
   */
  readonly cacheDirectory: string;
  /** Nobody else may write there, such as /run/memory-monitor; made if it is needed and not there. */
  readonly scratchDirectory: string;
  /** What plugins can import from `@memory-monitor/core`: the names of its exports. */
  readonly coreExports: readonly string[];
  /** Trust matters to whoever has privileges. What this process is, if not given. */
  readonly isPrivileged?: boolean;
}

/** A plugin that can be imported. */
export interface CompiledPlugin {
  /** One module that needs nothing but Node. Named by its content: what is unchanged is not imported twice. */
  readonly file: string;
  /** Real path of the source. */
  readonly entryPath: string;
  /** Of the package that it comes from; undefined for a plugin that is configured by its path. */
  readonly version: string | undefined;
  /** Real paths of all files that were compiled into it. */
  readonly inputs: readonly string[];
  /** Whether it was there already. */
  readonly wasCached: boolean;
}

/** To be raised when what is remembered, or what is made of esbuild's output, changes. */
const FORMAT = 2;
const OWNER_ONLY = 0o700;
/** Times of files are those of the kernel's last tick, which can be this much behind. */
const CLOCK_TICK_MS = 20;

/** Compiles plugins, each to one file, and keeps those for the next time. */
export class PluginCompiler {
  readonly #cacheDirectory: string;
  readonly #scratchDirectory: string;
  readonly #shim: string;
  readonly #isPrivileged: boolean;
  #privateDirectory: string | undefined;

  constructor({
    cacheDirectory,
    scratchDirectory,
    coreExports,
    isPrivileged = hasPrivileges(),
  }: PluginCompilerOptions) {
    this.#cacheDirectory = cacheDirectory;
    this.#scratchDirectory = scratchDirectory;
    this.#shim = coreShim(coreExports);
    this.#isPrivileged = isPrivileged;
  }

  /**
   * Compiles a plugin, unless that was done before and nothing has changed. None of it runs meanwhile. Rejects with a
   * MonitorError: MM_ERR_PLUGIN_NOT_FOUND, MM_ERR_PLUGIN_INVALID, MM_ERR_PLUGIN_COMPILE (a line for each mistake), or
   * MM_ERR_UNTRUSTED if, to one with privileges, somebody else could change anything that it is made of.
   */
  async compile(entry: PluginEntry): Promise<CompiledPlugin> {
    try {
      const esbuild = findEsbuild();
      const files = this.#files();
      return (await this.#recall(entry, files, esbuild)) ?? (await this.#compile(entry, files, esbuild));
    } catch (error) {
      throw error instanceof MonitorError
        ? error
        : new MonitorError(
            'MM_ERR_PLUGIN_COMPILE',
            `The plugin ${entry.use} can not be compiled: ${messageOf(error)}.`,
            { cause: error },
          );
    }
  }

  /** Removes what was kept of other plugins than these, as long as no other process can be about to import it. */
  async prune(keepEntries: readonly PluginEntry[]): Promise<void> {
    await this.#files().prune(keepEntries);
  }

  /** Removes what was not to be kept. A plugin that has been imported does not need its file any more. */
  dispose(): void {
    if (this.#privateDirectory !== undefined) {
      rmSync(this.#privateDirectory, { recursive: true, force: true });
      this.#privateDirectory = undefined;
    }
  }

  #files(): CompiledFiles {
    if (this.#cacheDirectory === '') {
      this.#privateDirectory ??= makePrivateDirectory(this.#scratchDirectory, this.#isPrivileged);
      return new CompiledFiles(this.#privateDirectory);
    }
    ensureOwnDirectory(this.#cacheDirectory, this.#isPrivileged, OWNER_ONLY);
    return new CompiledFiles(this.#cacheDirectory);
  }

  async #recall(
    entry: PluginEntry,
    files: CompiledFiles,
    esbuild: Esbuild,
  ): Promise<CompiledPlugin | undefined> {
    const memory = await files.recall(entry);
    if (memory?.recipe !== this.#recipe(esbuild) || !isStillAt(memory.entryPath, entry)) {
      return undefined;
    }
    const snapshot = takeSnapshot(Object.keys(memory.fingerprints));
    const file = isUnchanged(memory.fingerprints, snapshot.fingerprints)
      ? await files.find(memory.file)
      : undefined;
    if (file === undefined) {
      return undefined;
    }
    const { entryPath, inputs } = memory;
    this.#requireAllTrusted(entry, entryPath, inputs, snapshot);
    return { file, entryPath, version: memory.version ?? undefined, inputs, wasCached: true };
  }

  async #compile(entry: PluginEntry, files: CompiledFiles, esbuild: Esbuild): Promise<CompiledPlugin> {
    return await files.withWorkDirectory(async (workDirectory) => {
      const beganMs = Date.now();
      const path = pathOf(entry);
      const entryPath =
        path === undefined ? await findPackage(entry, workDirectory, esbuild) : findFile(path);
      // It is not even read if it is not trusted; what it imports is known only afterwards.
      requireTrusted(path ?? entryPath, 'a plugin', { isPrivileged: this.#isPrivileged });
      const shimPath = await files.put('core', this.#shim);
      const { code, inputs, imports } = await bundlePlugin({ entryPath, shimPath, workDirectory, esbuild });
      // A package is what an import of it from the configuration would get.
      const places = path === undefined ? [entry.directory, realDirectoryOf(entry)] : [];
      const fromConfiguration = places.map((from) => ({ from, specifier: entry.use }));
      const snapshot = takeSnapshot(touchedBy({ inputs, imports: [...imports, ...fromConfiguration] }));
      this.#requireAllTrusted(entry, entryPath, inputs, snapshot);
      const file = await files.put('plugin', code);
      const version = path === undefined ? versionOf(entryPath) : undefined;
      // What has changed since may not be what was compiled.
      if (snapshot.changedMs < beganMs - CLOCK_TICK_MS) {
        const memory: Memory = {
          recipe: this.#recipe(esbuild),
          entryPath,
          version: version ?? null,
          inputs,
          fingerprints: snapshot.fingerprints,
          file: basename(file),
        };
        await files.remember(entry, memory);
      }
      return { file, entryPath, version, inputs, wasCached: false };
    });
  }

  #requireAllTrusted(
    entry: PluginEntry,
    entryPath: string,
    inputs: readonly string[],
    snapshot: Snapshot,
  ): void {
    if (this.#isPrivileged) {
      requireAllTrusted(pathOf(entry) ?? entryPath, inputs, snapshot);
    }
  }

  #recipe({ version }: Esbuild): string {
    return sha256(JSON.stringify([FORMAT, version, flagsFor('/'), this.#shim]));
  }
}

/** A path may lead elsewhere now, by other links; where a package is, is among what is looked at for changes. */
function isStillAt(entryPath: string, entry: PluginEntry): boolean {
  const path = pathOf(entry);
  return path === undefined || findFile(path) === entryPath;
}
