import { mayAccess } from './system.js';
import { readUnit } from './unit-properties.js';

/** What the service reads and writes, which its user has to be able to. */
export interface Access {
  /** The configuration's files, and those of plugins. */
  readonly files: readonly string[];
  /** Empty for none. */
  readonly logFile: string;
}

/** What the service's own user can't read or write of it, as sentences; nothing where it runs as root, and to whom can't try it. */
export function warningsAboutUser({ files, logFile }: Access): string[] {
  const user = process.getuid?.() === 0 ? readUnit()?.user : undefined;
  if (user === undefined) {
    return [];
  }
  return [
    ...files
      .filter((path) => mayAccess(user, 'read', path) === false)
      .map((path) => `${unreadable(path, user)}.`),
    ...(logFile !== '' && mayAccess(user, 'write', logFile) === false
      ? [
          `settings.log_file: ${user}, the user that the service runs as, can not write to ${logFile}; run "sudo memory-monitor install" again, which makes it.`,
        ]
      : []),
  ];
}

/** That a file can't be read, and what to do about it, to end a sentence with. */
export function unreadable(path: string, user: string): string {
  return `${path} can not be read by ${user}, the user that the service runs as; run "chgrp ${user} ${path} && chmod g+r ${path}"`;
}
