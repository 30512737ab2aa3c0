import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, constants, copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

import {
  IsolatedPlugin,
  messageOf,
  MonitorError,
  type Clock,
  type ConfigIssue,
  type LoadedPlugin,
  type PluginCode,
  type PluginConfig,
} from '@memory-monitor/core';

import type { CompiledPlugin } from '../plugin-compiler.js';
import { sourceOf } from '../source-of.js';
import { isRootHere, requireTrusted } from '../trust/require-trusted.js';
import { launcher } from './launch.js';
import { findFreeUid } from './own-uid.js';

/** Others may pass through, to the one file that they know and may read. */
const PASSABLE = 0o711;
const PASSABLE_BITS = 0o111;
const READABLE_FOR_GROUP = 0o640;
const ROOT_UID = 0;

export interface IsolationOptions {
  readonly runtimeDirectory: string;
  readonly childEntry: string;
  readonly clock: Clock;
}

/** Code of a plugin that is part of the monitor: its process has that already. */
const BUILT_IN: PluginCode = { file: '', entryPath: '', inputs: [] };

/** Loads plugins into processes of their own. */
export class IsolatedPlugins {
  readonly #options: IsolationOptions;
  readonly #copies: string[] = [];

  constructor(options: IsolationOptions) {
    this.#options = options;
  }

  /** Rejects with a `MonitorError`; what the plugin's schema objects to is returned. */
  async load(
    { use, config, onFailure }: PluginConfig,
    compiled: CompiledPlugin | undefined,
  ): Promise<LoadedPlugin | { readonly name: string; readonly issues: readonly ConfigIssue[] }> {
    const { childEntry, clock } = this.#options;
    const uid = this.#findUid(use);
    const code = compiled === undefined ? BUILT_IN : this.#hand(compiled, uid);
    const plugin = new IsolatedPlugin({
      launch: launcher({ entry: childEntry, uid }),
      clock,
      code,
      use,
      config,
    });
    const loading = await plugin.load();
    if (loading.issues !== undefined) {
      return { name: use, issues: loading.issues };
    }
    return {
      definition: plugin.definition(loading.description),
      // It has its configuration there.
      config: undefined,
      onFailure,
      source: sourceOf(use, compiled, true),
      isolation: () => plugin.state,
      discard: () => {
        plugin.discard();
      },
    };
  }

  /** Removes the code that was put where its processes could read it; they can't be started again. */
  dispose(): void {
    for (const copy of this.#copies.splice(0)) {
      rmSync(copy, { force: true });
    }
  }

  /** Only root can start processes as another user; anybody else's plugins run as they do. */
  #findUid(use: string): number | undefined {
    return isRootHere() ? findFreeUid(use) : undefined;
  }

  /** Puts the code where the plugin's user can read it, and nobody else. */
  #hand({ file, entryPath, inputs }: CompiledPlugin, uid: number | undefined): PluginCode {
    if (uid === undefined) {
      return { file, entryPath, inputs };
    }
    const { runtimeDirectory } = this.#options;
    const directory = join(runtimeDirectory, 'plugins');
    // Of its own: another monitor, or this one after a reload, may have the same code for the same user, and removes its copy.
    const copy = join(directory, `${randomUUID()}-${basename(file)}`);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      requireTrusted(directory, 'the directory for isolated plugins');
      // Whatever the umask has left of that.
      chmodSync(runtimeDirectory, statSync(runtimeDirectory).mode | PASSABLE_BITS);
      chmodSync(directory, PASSABLE);
      this.#copies.push(copy);
      copyFileSync(file, copy, constants.COPYFILE_EXCL);
      chownSync(copy, ROOT_UID, uid);
      chmodSync(copy, READABLE_FOR_GROUP);
    } catch (error) {
      if (error instanceof MonitorError) {
        throw error;
      }
      throw new MonitorError(
        'MM_ERR_PLUGIN_ISOLATED',
        `The code of the plugin ${entryPath} can not be put into ${directory}, where its own process could read it: ${messageOf(error)}.`,
        { cause: error },
      );
    }
    return { file: copy, entryPath, inputs };
  }
}
