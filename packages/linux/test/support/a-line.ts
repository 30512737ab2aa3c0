import type { LogLine, Severity } from '@memory-monitor/linux';

/** A log line whose message is its text. */
export function aLine(line: string, severity: Severity = 'info'): LogLine {
  return { line, message: line.trimEnd(), severity, fields: {} };
}
