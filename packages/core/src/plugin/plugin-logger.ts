import { messageOf, stackOf } from '../errors.js';
import type { Logger } from '../ports.js';
import type { PluginLogger } from './host.js';

/**
 * Fields that tell whose line it is, and when: a plugin's own of that name are left out, also where only the journal, whose
 * names are in capitals, would take them for the same.
 */
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
  const stack = stackOf(first);
  return {
    fields: { ...entriesOf(first), ...(stack === undefined ? {} : { stack }) },
    text: messageOf(message ?? (stack === undefined ? '' : first)),
  };
}

/** Getters can throw. */
function entriesOf(value: object): Record<string, unknown> {
  try {
    return Object.fromEntries<unknown>(Object.entries(value));
  } catch {
    return {};
  }
}

function withoutReserved(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !RESERVED.has(name.replace(/[^a-z\d]/gi, '').toLowerCase())),
  );
}
