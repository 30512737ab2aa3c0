import { dirname, join } from 'node:path';

/** Where an installed monitor listens; also the default of `control_socket`. */
export const DEFAULT_SOCKET = '/run/memory-monitor/control.sock';

/**
 * The path that is meant: an ordinary user can't write to the default one, and has a directory of their own for such. The service can,
 * whoever it runs as: systemd has made the directory for it.
 */
export function socketPathFor(
  configured: string,
  uid: number | undefined = process.getuid?.(),
  env: NodeJS.ProcessEnv = process.env,
): string {
  const ofService = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  if (configured !== DEFAULT_SOCKET || uid === 0 || ofService.includes(dirname(DEFAULT_SOCKET))) {
    return configured;
  }
  const own = env['XDG_RUNTIME_DIR'] ?? '';
  return own === '' ? '' : join(own, 'memory-monitor', 'control.sock');
}
