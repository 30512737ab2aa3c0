import { join } from 'node:path';

/** Where an installed monitor listens; also the default of `control_socket`. */
export const DEFAULT_SOCKET = '/run/memory-monitor/control.sock';

/** The path that is meant: an ordinary user can't write to the default one, and has a directory of their own for such. */
export function socketPathFor(
  configured: string,
  uid: number | undefined = process.getuid?.(),
  runtimeDirectory: string | undefined = process.env['XDG_RUNTIME_DIR'],
): string {
  if (configured !== DEFAULT_SOCKET || uid === 0) {
    return configured;
  }
  return runtimeDirectory === undefined || runtimeDirectory === ''
    ? ''
    : join(runtimeDirectory, 'memory-monitor', 'control.sock');
}
