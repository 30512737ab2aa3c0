import { readConfiguration } from '../config/read-configuration.js';
import { DEFAULT_SOCKET, socketPathFor } from './socket-path.js';

/** How a command is told which monitor to ask. */
export interface SocketOptions {
  readonly socket?: string | undefined;
  /** The configuration that it runs with. */
  readonly config?: string | undefined;
}

/** The socket that is given, or that of the configuration that is given, or the default one. */
export async function findSocket({ socket, config }: SocketOptions): Promise<string> {
  if (socket !== undefined) {
    return socket;
  }
  const configured =
    config === undefined
      ? DEFAULT_SOCKET
      : (await readConfiguration({ config })).configuration.settings.controlSocket;
  return socketPathFor(configured);
}
