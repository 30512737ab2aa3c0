import { chmodSync, chownSync, constants, copyFileSync, mkdirSync, statSync } from 'node:fs';
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
import { hasPrivileges } from '@memory-monitor/linux';

import type { CompiledPlugin } from '../plugin-compiler.js';
import { sourceOf } from '../source-of.js';
import { requireTrusted } from '../trust/require-trusted.js';
import type { Setpriv } from './command.js';
import { findSetpriv } from './find-setpriv.js';
import { MAY_NOT_SWITCH_USERS } from './last-words.js';
import { launcher } from './launch.js';
import { reserveUid, type UidReservation } from './reserve-uid.js';

/** Others may pass through, to the one directory that they know and may enter. */
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
  readonly #plugins: IsolatedPlugin[] = [];
  readonly #reservations: UidReservation[] = [];

  constructor(options: IsolationOptions) {
    this.#options = options;
  }

  /** Rejects with a `MonitorError`; what the plugin's schema objects to is returned. */
  async load(
    { use, config, onFailure }: PluginConfig,
    compiled: CompiledPlugin | undefined,
  ): Promise<LoadedPlugin | { readonly name: string; readonly issues: readonly ConfigIssue[] }> {
    const plugin = await this.#prepare(use, config, compiled);
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
        void plugin.discard();
      },
    };
  }

  /** Ends their processes, which can't be started again, and gives back what was theirs. Resolves when nothing of them runs. */
  async dispose(): Promise<void> {
    await Promise.all(
      this.#plugins.splice(0).map(async (plugin) => {
        await plugin.discard();
      }),
    );
    this.release();
  }

  /** What can be done at the exit of this process: gives the uids back, and removes the code that was put there. */
  release(): void {
    for (const reservation of this.#reservations.splice(0)) {
      reservation.release();
    }
  }

  async #prepare(
    use: string,
    config: PluginConfig['config'],
    compiled: CompiledPlugin | undefined,
  ): Promise<IsolatedPlugin> {
    const { childEntry: entry, clock } = this.#options;
    // Without privileges nobody can start processes as another user; their plugins run as they do, and can do no more.
    const reservation = hasPrivileges() ? await this.#reserve(use) : undefined;
    const uid = reservation?.uid;
    const code = compiled === undefined ? BUILT_IN : codeFor(compiled, reservation);
    const setpriv = uid === undefined ? undefined : requireSetpriv(use);
    const launch = launcher({ entry, uid, setpriv, clock });
    const plugin = new IsolatedPlugin({ launch, clock, code, use, config });
    this.#plugins.push(plugin);
    return plugin;
  }

  async #reserve(use: string): Promise<UidReservation> {
    const parent = join(this.#options.runtimeDirectory, 'plugins');
    try {
      this.#open(parent);
      const reservation = await reserveUid(use, parent);
      this.#reservations.push(reservation);
      return reservation;
    } catch (error) {
      throw unreserved(use, parent, error);
    }
  }

  /** Whatever the umask has left of its mode, and of the runtime directory's. */
  #open(parent: string): void {
    const { runtimeDirectory } = this.#options;
    mkdirSync(parent, { recursive: true, mode: 0o755 });
    requireTrusted(parent, 'the directory for isolated plugins');
    chmodSync(runtimeDirectory, statSync(runtimeDirectory).mode | PASSABLE_BITS);
    chmodSync(parent, PASSABLE);
  }
}

/**
 * Node can change the user as well, and takes all privileges of root away by that. From another user's process they go with it: there
 * setpriv has to take them. Throws MM_ERR_PLUGIN_ISOLATED where that is needed and is not to be had.
 */
function requireSetpriv(plugin: string): Setpriv | undefined {
  const setpriv = findSetpriv();
  if (setpriv === undefined && process.getuid?.() !== ROOT_UID) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_ISOLATED',
      `The plugin ${plugin} can not be isolated: a monitor with a user of its own needs setpriv for that; install util-linux, or run "memory-monitor install --as-root".`,
    );
  }
  return setpriv;
}

/** As the plugin's user, nobody else, can read it. */
function codeFor(
  { file, entryPath, inputs }: CompiledPlugin,
  reservation: UidReservation | undefined,
): PluginCode {
  if (reservation === undefined) {
    return { file, entryPath, inputs };
  }
  const { uid, directory } = reservation;
  const copy = join(directory, basename(file));
  try {
    copyFileSync(file, copy, constants.COPYFILE_EXCL);
    chownSync(copy, process.getuid?.() ?? ROOT_UID, uid);
    chmodSync(copy, READABLE_FOR_GROUP);
  } catch (error) {
    throw unreserved(entryPath, directory, error);
  }
  return { file: copy, entryPath, inputs };
}

function unreserved(plugin: string, directory: string, error: unknown): MonitorError {
  if (error instanceof MonitorError) {
    return error;
  }
  // What is denied to one with privileges is denied by its sandbox.
  const isDenied = (error as NodeJS.ErrnoException).code === 'EPERM';
  const why = isDenied
    ? `can not be isolated: ${MAY_NOT_SWITCH_USERS}`
    : `can not be isolated, since ${directory} can not hold its code: ${messageOf(error)}; let root write there`;
  return new MonitorError('MM_ERR_PLUGIN_ISOLATED', `The plugin ${plugin} ${why}.`, { cause: error });
}
