/** Every error code of the monitor, with what it means. A test holds this list and docs/errors.md together. */
export const ERROR_CODES = {
  MM_ERR_USAGE: 'The command line was not understood.',
  MM_ERR_CONFIG_NOT_FOUND: 'A configuration file that was asked for is not there.',
  MM_ERR_CONFIG_UNREADABLE: 'A configuration file is there and can not be read.',
  MM_ERR_CONFIG_INVALID: 'The configuration has mistakes.',
  MM_ERR_PLUGINS_UNSUPPORTED: 'Plugins are configured, and this version does not load any.',
  MM_ERR_PROC_FOREIGN: '/proc shows the processes of another PID namespace.',
  MM_ERR_PROC_UNREADABLE: '/proc is missing or can not be read.',
  MM_ERR_MEMINFO: 'The size of the memory can not be read.',
  MM_ERR_PERMISSION: 'Only root can do this.',
  MM_ERR_NO_SYSTEMD: 'systemd does not run this machine.',
  MM_ERR_NOT_INSTALLED: 'The service is not installed.',
  MM_ERR_INSTALL: 'An installation step failed.',
  MM_ERR_SERVICE: 'The service did not do what it was told.',
  MM_ERR_DEPENDENCY_MISSING: 'A service that another one needs was never provided.',
  MM_ERR_DEPENDENCY_TWICE: 'Two providers were given for one service.',
  MM_ERR_INTERNAL: 'The monitor has a fault.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error that a person reads: one sentence that says what is wrong and what to do, and a code to look up. */
export class MonitorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MonitorError';
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
