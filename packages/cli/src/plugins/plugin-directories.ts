import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where root keeps what lasts until the next boot; in the service, systemd makes it. */
const RUNTIME_DIRECTORY = '/run/memory-monitor';

/** Where compiled plugins are kept: below the state directory, where that can be written to. */
export function cacheDirectoryFor(stateDirectory: string): string {
  return stateDirectory !== '' &&
    (isRoot() || isWritable(stateDirectory) || isWritable(dirname(stateDirectory)))
    ? join(stateDirectory, 'plugins')
    : '';
}

/** Where the processes of isolated plugins find their code. */
export function runtimeDirectory(): string {
  // systemd lists several with colons; the unit has one.
  const [given] = (process.env['RUNTIME_DIRECTORY'] ?? '').split(':');
  return given !== undefined && given !== '' ? given : isRoot() ? RUNTIME_DIRECTORY : '';
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
