import { createHash } from 'node:crypto';
import { readFileSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import {
  NO_TRACE,
  PluginError,
  type CodeTrace,
  type Configuration,
  type MachineMemory,
  type Monitor,
  type PluginConfig,
} from '@memory-monitor/core';
import { BlackBox } from '@memory-monitor/linux';

import { BUILT_IN_PLUGINS } from './built-in-plugins.js';
import {
  afterCrash,
  afterRun,
  crashesToLeaveOut,
  NO_HISTORY,
  type CrashHistory,
  type KnownPlugin,
} from './crash-history.js';
import { replaceFile } from '../service/files.js';
import { packageVersion } from '../version.js';

const BOX = 'running';
const HISTORY = 'crashes.json';
/** Below this share of its memory, a machine may stand still for want of it. */
const SHORT_SHARE = 0.2;

/** A plugin that this run does without. */
interface LeftOut {
  readonly use: string;
  readonly crashes: number;
}

/** Which of the configured plugins are loaded. */
export interface Selection {
  /** By place among the `[[plugins]]`; undefined where the plugin is left out. */
  readonly traces: readonly (CodeTrace | undefined)[];
  /** The places of those that are loaded, in their order. */
  readonly places: readonly number[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Finds out which plugin has ended the monitor, and leaves out the one that does so again and again: the monitor runs without it rather
 * than not at all. What it knows lies in /run and lasts until the next boot, or until the service is stopped or restarted.
 */
export class CrashWatch {
  readonly #directory: string;
  readonly #box: BlackBox | undefined;
  #history: CrashHistory;
  #hasEnded = false;

  private constructor(directory: string, box: BlackBox | undefined, history: CrashHistory) {
    this.#directory = directory;
    this.#box = box;
    this.#history = history;
  }

  /** For a monitor that somebody restarts. Never rejects: without a directory, or koffi, less is found out. */
  static async open(directory: string, watchdogMs: number): Promise<CrashWatch> {
    if (directory === '') {
      return CrashWatch.none();
    }
    const box = await BlackBox.open(join(directory, BOX)).catch(() => undefined);
    const nowMs = BlackBox.nowMs();
    const words = box?.lastWords;
    const ending = {
      running: words?.running ?? 0,
      isOver: words?.isOver ?? false,
      hadHung: words !== undefined && words.beatMs > 0 && nowMs - words.beatMs >= watchdogMs,
      wasShort: words?.wasShort ?? false,
    };
    return new CrashWatch(directory, box, afterRun(readHistory(directory), ending, nowMs));
  }

  /** For a monitor that nobody restarts: nothing is counted, and nothing left out. */
  static none(): CrashWatch {
    return new CrashWatch('', undefined, NO_HISTORY);
  }

  /** Which plugins of a configuration to load. */
  select({ plugins, files }: Configuration): Selection {
    const directory = dirname(files[0] ?? '.');
    const known = plugins.map((plugin) => knownPlugin(plugin, directory));
    const nowMs = BlackBox.nowMs();
    const counts = known.map(({ key }) => crashesToLeaveOut(this.#history, key, nowMs));
    const traces = known.map((plugin, place) =>
      counts[place] === undefined ? this.#traceOf(plugin, plugins[place]?.isolate === true) : undefined,
    );
    this.#write();
    return {
      traces,
      places: [...traces.keys()].filter((place) => traces[place] !== undefined),
      leftOut: known.flatMap(({ use }, place) => {
        const crashes = counts[place];
        return crashes === undefined ? [] : [{ use, crashes }];
      }),
    };
  }

  /** Runs a part of the start: where that fails by a plugin, it is as good as a crash. `placeOf` gives its place by the error's index. */
  async count<T>(
    { plugins, files }: Configuration,
    placeOf: (index: number) => number | undefined,
    part: () => Promise<T>,
  ): Promise<T> {
    try {
      return await part();
    } catch (error) {
      const plugin = error instanceof PluginError ? plugins[placeOf(error.index) ?? -1] : undefined;
      if (plugin !== undefined) {
        const { key } = knownPlugin(plugin, dirname(files[0] ?? '.'));
        this.#history = afterCrash(this.#history, key, BlackBox.nowMs());
        this.#write();
      }
      throw error;
    }
  }

  /** The loop has come round. */
  readonly beat = (): void => {
    this.#box?.beat();
  };

  /** What the machine has left, at each scan. */
  seeMemory({ availableBytes, totalBytes }: MachineMemory): void {
    if (this.#box !== undefined) {
      this.#box.isShort = availableBytes < SHORT_SHARE * totalBytes;
    }
  }

  /** The process is about to end by the monitor's own will. */
  readonly clear = (): void => {
    if (this.#box !== undefined && !this.#hasEnded) {
      this.#box.running = 0;
    }
  };

  /** The monitor has come to its end in order. */
  end(): void {
    this.#hasEnded = true;
    this.#box?.end();
  }

  /** It ends, and a plugin of that `use` has code on the stack; whose hook is running is known better. */
  blame(use: string): void {
    const number = this.#history.plugins.findIndex((plugin) => plugin.use === use) + 1;
    if (this.#box?.running === 0 && number > 0) {
      this.#box.running = number;
    }
  }

  #traceOf(plugin: KnownPlugin, isIsolated: boolean): CodeTrace {
    const box = this.#box;
    if (box === undefined || isIsolated) {
      return NO_TRACE;
    }
    const number = this.#numberOf(plugin);
    return {
      enter: () => {
        const before = box.running;
        box.running = number;
        return before;
      },
      leave: (before) => {
        box.running = before;
      },
    };
  }

  /** One for each plugin that this run has known, for good: what a reload replaces may still be running. */
  #numberOf(plugin: KnownPlugin): number {
    const { plugins, crashes } = this.#history;
    const index = plugins.findIndex(({ key }) => key === plugin.key);
    if (index >= 0) {
      return index + 1;
    }
    this.#history = { plugins: [...plugins, plugin], crashes };
    return plugins.length + 1;
  }

  /** Whole or not at all. Where it can't be, nothing is left out: that is no reason not to run. */
  #write(): void {
    if (this.#directory === '') {
      return;
    }
    const path = join(this.#directory, HISTORY);
    try {
      replaceFile(path, JSON.stringify(this.#history), 0o600);
    } catch {
      // See above.
    }
  }
}

/** Said once, at start, and then as any failure of a plugin is: in the log, in `status`, by mail. */
export function tellLeftOut(monitor: Monitor, { leftOut }: Selection): void {
  for (const { use, crashes } of leftOut) {
    const message =
      `it has ended the monitor ${crashes} times within an hour, so it is left out; mend it, or set isolate = true, ` +
      'and run "systemctl restart memory-monitor"';
    monitor.tellPluginFailure(use, 'left-out', new Error(message));
  }
}

function knownPlugin(plugin: PluginConfig, directory: string): KnownPlugin {
  const { use, isolate } = plugin;
  const file = lookAt(resolve(directory, use));
  const facts = [packageVersion(), plugin, file?.mtimeMs, file?.size, file?.ino];
  return {
    key: createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16),
    use,
    isForeign: !isolate && !Object.hasOwn(BUILT_IN_PLUGINS, use),
  };
}

/** Undefined where there is none, and where that can't be told: whoever loads the plugin says why. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readHistory(directory: string): CrashHistory {
  try {
    return JSON.parse(readFileSync(join(directory, HISTORY), 'utf8')) as CrashHistory;
  } catch {
    return NO_HISTORY;
  }
}
