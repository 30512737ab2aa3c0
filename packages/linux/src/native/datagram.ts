/** Sends datagrams to Unix sockets, which Node itself can not. */
export interface DatagramSocket {
  /** Sends, without waiting. Returns undefined, or the name of the error. */
  send(path: string, payload: Buffer): string | undefined;
  close(): void;
}

/** Linux on every platform that Node runs on; socket(2), send(2). */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  2: 'ENOENT',
  11: 'EAGAIN',
  13: 'EACCES',
  90: 'EMSGSIZE',
  105: 'ENOBUFS',
  111: 'ECONNREFUSED',
};

/** Rejects where koffi, which is optional, is not installed or does not load. */
export async function openDatagramSocket(): Promise<DatagramSocket> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, const void *payload, size_t length, int flags, const void *address, uint32_t addressLength)',
  );
  const close = libc.func('int close(int fd)');
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number;
  if (fd === -1) {
    throw new Error(`socket: ${errnoName(koffi.errno())}`);
  }
  return {
    send: (path, payload) => {
      const address = unixAddress(path);
      const sent = sendto(
        fd,
        payload,
        payload.length,
        MSG_DONTWAIT | MSG_NOSIGNAL,
        address,
        address.length,
      ) as number;
      return sent === -1 ? errnoName(koffi.errno()) : undefined;
    },
    close: () => {
      close(fd);
    },
  };
}

/** `struct sockaddr_un`: the family, then a path with its closing NUL, or `@name` as NUL and the name; unix(7). */
function unixAddress(path: string): Buffer {
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`)]);
}

function errnoName(errno: number): string {
  return ERRNO_NAMES[errno] ?? `errno ${errno}`;
}
