import { logEvents } from '@memory-monitor/core';
import type { LoggedLine } from '@memory-monitor/core/testing';

import { MonitorEmitter } from '#src/events.js';

/** The lines that events lead to. */
export function linesOf(
  emit: (events: MonitorEmitter) => void,
  showsCommandLines = false,
): (LoggedLine & { readonly line: string })[] {
  const lines: (LoggedLine & { readonly line: string })[] = [];
  const method = (level: LoggedLine['level']) => (fields: LoggedLine['fields'], message: string) => {
    lines.push({ level, fields, message, line: `${level}: ${message}` });
  };
  const logger = {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  };
  const events = new MonitorEmitter((_, error) => {
    throw error;
  });
  logEvents(events, logger, { showsCommandLines: () => showsCommandLines });
  emit(events);
  return lines;
}
