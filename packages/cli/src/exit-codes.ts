import type { ErrorCode } from '@memory-monitor/core';

/** Exit statuses of sysexits.h. */
export const EX_OK = 0;
export const EX_USAGE = 64;
export const EX_CONFIG = 78;
const EX_NOINPUT = 66;
const EX_UNAVAILABLE = 69;
const EX_SOFTWARE = 70;
const EX_NOPERM = 77;

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  MM_ERR_USAGE: EX_USAGE,
  MM_ERR_CONFIG_NOT_FOUND: EX_NOINPUT,
  MM_ERR_CONFIG_UNREADABLE: EX_NOPERM,
  MM_ERR_CONFIG_INVALID: EX_CONFIG,
  MM_ERR_PLUGINS_UNSUPPORTED: EX_CONFIG,
  MM_ERR_PROC_FOREIGN: EX_UNAVAILABLE,
  MM_ERR_PROC_UNREADABLE: EX_UNAVAILABLE,
  MM_ERR_MEMINFO: EX_UNAVAILABLE,
  MM_ERR_DEPENDENCY_MISSING: EX_SOFTWARE,
  MM_ERR_DEPENDENCY_TWICE: EX_SOFTWARE,
  MM_ERR_INTERNAL: EX_SOFTWARE,
};

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code];
}
