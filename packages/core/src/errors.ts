/** Every error code of the monitor, with what it means. A test holds this list and docs/errors.md together. */
export const ERROR_CODES = {
  MM_ERR_USAGE: 'The command line was not understood.',
  MM_ERR_CONFIG_NOT_FOUND: 'A configuration file that was asked for is not there.',
  MM_ERR_CONFIG_UNREADABLE: 'A configuration file is there and can not be read.',
  MM_ERR_CONFIG_INVALID: 'The configuration has mistakes.',
  MM_ERR_UNTRUSTED: "Somebody else could change a file that would run with root's privileges.",
  MM_ERR_PLUGIN_NOT_FOUND: 'A configured plugin is not there.',
  MM_ERR_PLUGIN_COMPILE: 'A plugin can not be compiled.',
  MM_ERR_PLUGIN_INVALID: 'A file that is to be a plugin is none.',
  MM_ERR_PLUGIN_API_VERSION: 'A plugin was written for another version of the plugin API.',
  MM_ERR_PLUGIN_SETUP: 'A plugin failed while it was set up.',
  MM_ERR_PLUGIN_SEALED: 'A plugin registered something after its setup.',
  MM_ERR_PLUGIN_ISOLATED: 'An isolated plugin can not be had, or uses what it can not.',
  MM_ERR_PROC_FOREIGN: '/proc shows the processes of another PID namespace.',
  MM_ERR_PROC_UNREADABLE: '/proc is missing or can not be read.',
  MM_ERR_MEMINFO: 'The size of the memory can not be read.',
  MM_ERR_PERMISSION: 'Only root can do this.',
  MM_ERR_NO_SYSTEMD: 'systemd does not run this machine.',
  MM_ERR_NOT_INSTALLED: 'The service is not installed.',
  MM_ERR_INSTALL: 'An installation step failed.',
  MM_ERR_SERVICE: 'The service did not do what it was told.',
  MM_ERR_DEPENDENCY_MISSING: 'A service was never provided, or was asked for by what is no token.',
  MM_ERR_DEPENDENCY_TWICE: 'Two providers were given for one service.',
  MM_ERR_DEPENDENCY_LATE: 'A service was replaced after somebody had begun to use it.',
  MM_ERR_DEPENDENCY_SEALED: 'A service that guards depend on can not be replaced.',
  MM_ERR_NOT_RUNNING: 'No monitor runs that could answer.',
  MM_ERR_NO_SUCH_PROCESS: 'There is no such process.',
  MM_ERR_NOT_CREATED: 'A file can not be written where it was asked for.',
  MM_ERR_MAIL: 'Mail can not be sent.',
  MM_ERR_INTERNAL: 'The monitor has a fault.',
} as const;

/** A code of docs/errors.md. */
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

/**
 * The stack of what was thrown, if it has one. Never throws: a plugin can make a stack anything, since
 * `Error.prepareStackTrace` gives lists to whoever wants those, and getters can throw.
 */
export function stackOf(error: unknown): string | undefined {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** The message of anything that was thrown. Never throws: plugins throw what they like, and not everything has a text. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something that has no text';
  }
}
