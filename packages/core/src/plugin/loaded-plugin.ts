import type { OnFailure } from '../decision/limits.js';
import type { CodeTrace } from './code-trace.js';
import type { PluginDefinition } from './definition.js';
import type { IsolationState } from './isolation/protocol.js';

/** Where a plugin came from. */
export interface PluginSource {
  /** As the configuration has it. */
  readonly use: string;
  /** The file that was loaded; undefined for one that is part of the monitor. */
  readonly file: string | undefined;
  readonly version: string | undefined;
  readonly isIsolated: boolean;
  /** `file:line:column` of where in the plugin's own source an error was thrown; undefined if it was thrown elsewhere. */
  readonly placeOf?: (error: unknown) => string | undefined;
}

/** A plugin that is ready to be set up: its code is loaded and its configuration checked. */
export interface LoadedPlugin {
  readonly definition: PluginDefinition;
  /** What its schema made of `[plugins.config]`. */
  readonly config: unknown;
  /** Finds where something of it stands, as `FILE:LINE`. */
  readonly configPlace?: (path: readonly (string | number)[]) => Promise<string | undefined>;
  readonly onFailure: OnFailure;
  readonly source: PluginSource;
  /** Notes when its code is running; not of one in a process of its own. */
  readonly trace?: CodeTrace;
  /** How its process fares, where it has one of its own. */
  readonly isolation?: () => IsolationState;
  /** Called instead of `setup` where the plugin is not set up after all. */
  readonly discard?: () => void;
}
