import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT_UID = 0;
/** Where root keeps what lasts until the next boot; in the service, systemd makes it. */
const RUNTIME_DIRECTORY = '/run/memory-monitor';

/** Where compiled plugins are kept: below the state directory, where that can be written to. */
export function cacheDirectoryFor(stateDirectory: string): string {
  return stateDirectory !== '' &&
    (process.getuid?.() === ROOT_UID || isWritable(stateDirectory) || isWritable(dirname(stateDirectory)))
    ? join(stateDirectory, 'plugins')
    : '';
}

/** Where the processes of isolated plugins find their code. */
export function runtimeDirectory(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string {
  // systemd lists several with colons; the unit has one.
  const [given] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  return given !== undefined && given !== '' ? given : uid === ROOT_UID ? RUNTIME_DIRECTORY : '';
}

/** Where compiled plugins lie that are not kept: never in /tmp or $TMPDIR, where others may add files. */
export function scratchDirectory(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string {
  const ownRuntimeDirectory = env['XDG_RUNTIME_DIR'] ?? '';
  const own =
    ownRuntimeDirectory === ''
      ? join(homedir(), '.cache', 'memory-monitor')
      : join(ownRuntimeDirectory, 'memory-monitor');
  return runtimeDirectory(env, uid) || own;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
