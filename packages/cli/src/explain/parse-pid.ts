import { MonitorError } from '@memory-monitor/core';

/** A PID as somebody has typed it. Throws MM_ERR_USAGE. */
export function parsePid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new MonitorError(
      'MM_ERR_USAGE',
      `"${text}" is no PID; write a whole number, such as: memory-monitor explain 1234.`,
    );
  }
  return Number(text);
}
