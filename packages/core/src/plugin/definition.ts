import { MonitorError } from '../errors.js';
import type { PluginHost } from './host.js';
import type { OutputOf, Schema } from './standard-schema.js';

/** The version of the plugin API that this core speaks. It changes only when plugins have to be changed. */
export const API_VERSION = 1;

export const NEEDS = ['network'] as const;

/** What a plugin needs of the sandbox that the installed service runs in. */
export type Need = (typeof NEEDS)[number];

/** What `host.config` is: the schema's output, or the table as it stands in the file. */
export type ConfigOf<S extends Schema | undefined> = S extends Schema
  ? OutputOf<S>
  : Readonly<Record<string, unknown>>;

export interface PluginDefinition<S extends Schema | undefined = Schema | undefined> {
  /** Names the plugin in trails and log lines: letters, digits, `-`, `_` and `.`, at most 64. */
  readonly name: string;
  readonly apiVersion: typeof API_VERSION;
  /** The plugin's own version, for `memory-monitor plugins`; a package's version counts where this is left out. */
  readonly version?: string;
  readonly needs?: readonly Need[];
  /** Checks `[plugins.config]`, before `setup` and by `memory-monitor check`. */
  readonly config?: S;
  /** Registers everything that the plugin wants to do. Nothing can be registered once it has returned, or its promise has resolved. */
  setup(host: PluginHost<ConfigOf<S>>): void | Promise<void>;
}

/** Types a plugin; the result is to be the default export of its module. */
export function definePlugin<S extends Schema | undefined = undefined>(
  definition: PluginDefinition<S>,
): PluginDefinition<S> {
  return definition;
}

/** Plugins are named in trails, log lines and file names. */
export const PLUGIN_NAME = /^[\w.-]{1,64}$/;

/**
 * Makes sure that what a module exports is a plugin: types promise nothing about plain JavaScript. `use` is named in the
 * error. Throws MM_ERR_PLUGIN_INVALID or MM_ERR_PLUGIN_API_VERSION.
 */
export function checkDefinition(exported: unknown, use: string): PluginDefinition {
  const { name, apiVersion, version, needs, config, setup } = (
    typeof exported === 'object' && exported !== null ? exported : {}
  ) as Readonly<Record<keyof PluginDefinition, unknown>>;
  if (typeof setup !== 'function' || typeof name !== 'string') {
    throw invalid(use, 'its default export is no definePlugin({ name, apiVersion, setup })');
  }
  if (apiVersion !== API_VERSION) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_API_VERSION',
      `The plugin ${name} (${use}) has apiVersion ${String(apiVersion)}, and this monitor speaks ${API_VERSION}; ` +
        'install versions of the two that agree.',
    );
  }
  if (!PLUGIN_NAME.test(name)) {
    throw invalid(use, 'its name has to consist of letters, digits, "-", "_" and ".", at most 64');
  }
  if (version !== undefined && typeof version !== 'string') {
    throw invalid(use, 'its version has to be a string');
  }
  if (needs !== undefined && !(Array.isArray(needs) && needs.every(isNeed))) {
    throw invalid(use, `its needs can be a list of ${NEEDS.map((need) => `"${need}"`).join(', ')}`);
  }
  if (config !== undefined && !isSchema(config)) {
    throw invalid(use, 'its config has to be a schema that follows Standard Schema (valibot, zod, arktype)');
  }
  return exported as PluginDefinition;
}

function isNeed(value: unknown): value is Need {
  return NEEDS.some((need) => need === value);
}

/** arktype's schemas are functions. */
function isSchema(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard = isObject ? (value as Partial<Schema>)['~standard'] : undefined;
  return typeof (standard as Partial<Schema['~standard']> | undefined)?.validate === 'function';
}

function invalid(use: string, why: string): MonitorError {
  return new MonitorError('MM_ERR_PLUGIN_INVALID', `${use} is no plugin: ${why}.`);
}
