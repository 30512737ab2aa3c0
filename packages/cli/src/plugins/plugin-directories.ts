import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT_UID = 0;
/** Where root keeps what lasts until the next boot; in the service, systemd makes it. */
const RUNTIME_DIRECTORY = '/run/memory-monitor';
/** Where root keeps it where that one belongs to the service's own user, whose code root does not run. */
export const RUNTIME_DIRECTORY_OF_ROOT = '/run/memory-monitor-root';

/** Where compiled plugins are kept: below the state directory, where that can be written to and is nobody else's. */
export function cacheDirectoryFor(stateDirectory: string, uid = process.getuid?.()): string {
  const isUsable =
    uid === ROOT_UID
      ? !isAnothers(stateDirectory, uid)
      : isWritable(stateDirectory) || isWritable(dirname(stateDirectory));
  return stateDirectory !== '' && isUsable ? join(stateDirectory, 'plugins') : '';
}

/** Where the processes of isolated plugins find their code. */
export function runtimeDirectory(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string {
  // systemd lists several with colons; the unit has one.
  const [given] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  if (given !== undefined && given !== '') {
    return given;
  }
  return uid !== ROOT_UID
    ? ''
    : isAnothers(RUNTIME_DIRECTORY, uid)
      ? RUNTIME_DIRECTORY_OF_ROOT
      : RUNTIME_DIRECTORY;
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

/** Whether it is there, and somebody else's. */
function isAnothers(path: string, uid: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.uid !== uid;
}
