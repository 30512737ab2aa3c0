import { closeSync } from 'node:fs';

import { loadLibc } from './libc.js';

/** Sends datagrams to Unix sockets, which Node itself can not. */
export interface DatagramSocket {
  /** Sends, without waiting. Returns undefined, or the name of the error. */
  send(path: string, payload: Buffer): string | undefined;
  close(): void;
}

const AF_UNIX = 1;

/** Rejects where koffi, which is optional, is not installed or does not load. */
export async function openDatagramSocket(): Promise<DatagramSocket> {
  const libc = await loadLibc();
  const socket = libc.unixDatagramSocket();
  if ('error' in socket) {
    throw new Error(`socket: ${socket.error}`);
  }
  return {
    send: (path, payload) => {
      const sent = libc.send(socket.value, payload, unixAddress(path));
      return 'error' in sent ? sent.error : undefined;
    },
    close: () => {
      closeSync(socket.value);
    },
  };
}

/** `struct sockaddr_un`: the family, then a path with its closing NUL, or `@name` as NUL and the name; unix(7). */
function unixAddress(path: string): Buffer {
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`)]);
}
