import type { ErrorCode } from '../../errors.js';
import type { HookName } from '../../hook-failure.js';
import type { ConfigIssue } from '../check-config.js';
import type { Need } from '../definition.js';
import type { PluginEventName, PluginLogger } from '../host.js';

/**
 * A plugin's code, where its process can read it.
 * @internal
 */
export interface PluginCode {
  /** The one module to import; empty for a plugin that is part of the monitor. */
  readonly file: string;
  /** Where it was compiled from, for errors. */
  readonly entryPath: string;
  readonly inputs: readonly string[];
}

/** An isolated plugin can register so many hooks of a kind: each of them costs a message at every scan or violation. */
export const MOST_OF_A_KIND = 8;

/**
 * Questions that an isolated plugin can be asked.
 * @internal
 */
export type AskedHook = 'decide' | 'detect' | 'overrideInterval';

/**
 * From the monitor to the plugin's process; structured-cloneable. Each is acknowledged by its `sequence`.
 * @internal
 */
export type ToChild = { readonly sequence: number } & (
  | {
      readonly type: 'load';
      readonly code: PluginCode;
      /** As the configuration names it. */
      readonly use: string;
      readonly config: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'setup'; readonly name: string }
  | { readonly type: 'start' }
  | { readonly type: 'event'; readonly event: PluginEventName; readonly payload: unknown }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly hook: AskedHook;
      /** Which of the plugin's hooks of that kind. */
      readonly index: number;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'dispose' }
);

/**
 * What a plugin's process says of itself once it has loaded the plugin.
 * @internal
 */
export interface IsolatedDescription {
  readonly name: string;
  readonly version?: string | undefined;
  readonly needs: readonly Need[];
}

/**
 * What a plugin in a process of its own has registered.
 * @internal
 */
export interface IsolatedHooks {
  readonly events: readonly PluginEventName[];
  readonly asked: readonly { readonly hook: AskedHook; readonly deadlineMs?: number | undefined }[];
}

/**
 * From the plugin's process to the monitor; plain JSON, since it may come from a plugin that runs wild.
 * @internal
 */
export type FromChild =
  /** The message of that number has been taken, and whatever it called has returned. */
  | { readonly type: 'taken'; readonly sequence: number }
  | { readonly type: 'loaded'; readonly description: IsolatedDescription }
  | { readonly type: 'misconfigured'; readonly issues: readonly ConfigIssue[] }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'ready'; readonly hooks: IsolatedHooks }
  | { readonly type: 'answer'; readonly id: number; readonly answer?: unknown }
  | { readonly type: 'failed'; readonly id?: number; readonly hook: HookName; readonly failure: Failure }
  | {
      readonly type: 'log';
      readonly level: keyof PluginLogger;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  | { readonly type: 'disposed' };

/**
 * An error, as it comes over.
 * @internal
 */
export interface Failure {
  readonly message: string;
  readonly stack?: string | undefined;
}

/** How the process of an isolated plugin fares. */
export interface IsolationState {
  readonly state: 'running' | 'restarting' | 'disabled';
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
}

/**
 * A running process of a plugin, as the operating system's part gives it.
 * @internal
 */
export interface PluginProcess {
  readonly pid: number | undefined;
  /** Bytes that the process has not taken yet. */
  readonly backlogBytes: number;
  send(message: ToChild): void;
  /** Ends it, and whatever it has started. */
  end(): void;
}

/**
 * Hears what the process of a plugin sends, and how it ends.
 * @internal
 */
export interface PluginProcessListener {
  onMessage(message: FromChild): void;
  /** In words: how it ended. Called once, also where `end` was called. */
  onExit(how: string): void;
}

/**
 * Starts a process for the plugin. Throws a `MonitorError` where that can't be done at all.
 * @internal
 */
export type LaunchPluginProcess = (listener: PluginProcessListener) => PluginProcess;
