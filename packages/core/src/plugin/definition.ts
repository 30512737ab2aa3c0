import { nearestTo } from '../config/suggest.js';
import { MonitorError } from '../errors.js';
import { printable } from '../log/printable.js';
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

/** A plugin: the default export of its file, by `definePlugin`. */
export interface PluginDefinition<S extends Schema | undefined = Schema | undefined> {
  /** Names the plugin in trails and log lines: letters, digits, `-`, `_` and `.`, at most 64. */
  readonly name: string;
  readonly apiVersion: typeof API_VERSION;
  /** The plugin's own version (`1.2.3`: letters, digits, `.`, `-`, `_` and `+`, at most 64), for `memory-monitor plugins`; a package's version counts where this is left out. */
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
/** Semantic versions, and whatever else is short and stands in one word. */
export const PLUGIN_VERSION = /^[\w.+-]{1,64}$/;

const KEYS = Object.keys({
  name: true,
  apiVersion: true,
  version: true,
  needs: true,
  config: true,
  setup: true,
} satisfies Record<keyof PluginDefinition, true>);

/**
 * Makes sure that what a module exports is a plugin: types promise nothing about plain JavaScript. `use` is named in the
 * error. Throws MM_ERR_PLUGIN_INVALID or MM_ERR_PLUGIN_API_VERSION.
 */
export function checkDefinition(exported: unknown, use: string): PluginDefinition {
  if (typeof exported !== 'object' || exported === null) {
    throw invalid(
      use,
      `its default export is ${typeof exported}, and has to be definePlugin({ name, apiVersion, setup })`,
    );
  }
  const { name, apiVersion, version, needs, config, setup } = exported as Readonly<
    Record<keyof PluginDefinition, unknown>
  >;
  const missing = ['name', 'apiVersion', 'setup'].filter((key) => !(key in exported));
  const unknown = Object.keys(exported).filter((key) => !KEYS.includes(key));
  if (missing.length > 0 || unknown.length > 0) {
    throw invalid(use, [...missing.map((key) => `it has no ${key}`), ...unknown.map(unknownKey)].join(', '));
  }
  if (apiVersion !== API_VERSION) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_API_VERSION',
      `The plugin ${printable(String(name))} (${use}) has apiVersion ${printable(String(apiVersion))}, and this monitor speaks ${API_VERSION}; ` +
        'install versions of the two that agree.',
    );
  }
  const wrong = [
    typeof name === 'string' && PLUGIN_NAME.test(name)
      ? []
      : 'its name has to consist of letters, digits, "-", "_" and ".", at most 64',
    typeof setup === 'function' ? [] : 'its setup has to be a function',
    version === undefined || (typeof version === 'string' && PLUGIN_VERSION.test(version))
      ? []
      : 'its version has to be a string of letters, digits, ".", "-", "_" and "+", at most 64',
    wrongNeeds(needs),
    config === undefined || isSchema(config)
      ? []
      : 'its config has to be a schema that follows Standard Schema (valibot, zod, arktype)',
  ].flat();
  if (wrong.length > 0) {
    throw invalid(use, wrong.join(', '));
  }
  return exported as PluginDefinition;
}

function unknownKey(key: string): string {
  const near = nearestTo(key, KEYS);
  return `there is no key "${printable(key)}"${near === undefined ? '' : `, did you mean ${near}`}`;
}

function wrongNeeds(needs: unknown): string | [] {
  const accepted = `accepted: a list of ${NEEDS.map((need) => `"${need}"`).join(', ')}`;
  if (needs === undefined) {
    return [];
  }
  if (!Array.isArray(needs)) {
    return `its needs are no list; ${accepted}`;
  }
  const unknown = needs.filter((need) => !isNeed(need)).map(String);
  return unknown.length === 0 ? [] : `its needs have "${printable(unknown.join('", "'))}"; ${accepted}`;
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
