import { messageOf } from '../errors.js';
import type { Logger } from '../ports.js';
import type { PluginLogger } from './host.js';

/** Fields that tell whose line it is, and when: a plugin's own of that name are left out. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'event', 'plugin']);

/** A logger whose lines name the plugin, in the text too. */
export function pluginLogger(logger: Logger, plugin: string): PluginLogger & Logger {
  const method =
    (level: keyof Logger): PluginLogger['info'] =>
    (...line) => {
      const { fields, text } = lineOf(...line);
      logger[level]({ ...withoutReserved(fields), event: 'plugin', plugin }, `[${plugin}] ${text}`);
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}

/** What a plugin wants logged. In plain JavaScript that may be anything: an error, most often, whose message is the text then. */
export function lineOf(
  first: unknown,
  message?: unknown,
): { readonly fields: Readonly<Record<string, unknown>>; readonly text: string } {
  if (typeof first !== 'object' || first === null) {
    return { fields: {}, text: messageOf(first) };
  }
  const isError = first instanceof Error;
  return {
    fields: { ...entriesOf(first), ...(isError ? { stack: first.stack } : {}) },
    text: messageOf(message ?? (isError ? first : '')),
  };
}

function entriesOf(value: object): Record<string, unknown> {
  return Object.fromEntries<unknown>(Object.entries(value));
}

function withoutReserved(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !RESERVED.has(name)));
}
