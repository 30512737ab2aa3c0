import type { Logger } from '../ports.js';
import type { PluginLogger } from './host.js';

/** Fields that tell whose line it is, and when: a plugin's own of that name are left out. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'event', 'plugin']);

/** A logger whose lines name the plugin, in the text too. */
export function pluginLogger(logger: Logger, plugin: string): PluginLogger & Logger {
  const method =
    (level: keyof Logger): PluginLogger['info'] =>
    (fieldsOrMessage, message) => {
      const [fields, text] =
        typeof fieldsOrMessage === 'string' ? [{}, fieldsOrMessage] : [fieldsOrMessage, message ?? ''];
      logger[level]({ ...withoutReserved(fields), event: 'plugin', plugin }, `[${plugin}] ${text}`);
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}

function withoutReserved(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !RESERVED.has(name)));
}
