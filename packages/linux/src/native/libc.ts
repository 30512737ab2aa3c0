import { getSystemErrorName } from 'node:util';

/** What a system call came to. `error` is the name of the error, such as `ESRCH`. */
export type CallResult = { readonly value: number } | { readonly error: string };

/** Functions of the kernel that Node has none for. Descriptors are closed by `fs.closeSync`. */
export interface Libc {
  /** socket(2): for datagrams between processes of this machine. */
  unixDatagramSocket(): CallResult;
  /** sendto(2): never waits. */
  send(fd: number, payload: Buffer, address: Buffer): CallResult;
  /** pidfd_open(2), since Linux 5.3. */
  pidfdOpen(pid: number): CallResult;
  /** pidfd_send_signal(2), since Linux 5.1. */
  pidfdSendSignal(pidfd: number, signal: number): CallResult;
  /** process_mrelease(2), since Linux 5.15: off the loop, since it takes its caller's processor time for as long as it takes. */
  processMrelease(pidfd: number): Promise<CallResult>;
  /** getdents64(2): fills the buffer with the next entries of an open directory; returns their bytes, 0 at the end, -1 for an error. */
  readonly readEntries: (directory: number, buffer: Buffer) => number;
  /** mlock2(2) with MLOCK_ONFAULT: what is read of this range from now on, or has been, stays in memory. */
  lockOnFault(address: number, bytes: number): CallResult;
  /** mmap(2): the first bytes of a file, shared with whoever opens it later. Undefined where that is not to be had. */
  mapShared(fd: number, bytes: number): ArrayBuffer | undefined;
  /** eventfd(2). */
  eventfd(): CallResult;
  /** epoll_create1(2). */
  epollCreate(): CallResult;
  /** epoll_ctl(2): waits for these events of the descriptor, too. */
  epollAdd(epoll: number, fd: number, events: number): CallResult;
  /** epoll_ctl(2): waits for the descriptor no longer. */
  epollRemove(epoll: number, fd: number): CallResult;
  /** epoll_wait(2), on a thread of libuv's pool. Takes the descriptors that have something to tell as `ready`. */
  epollWait(epoll: number, timeoutMs: number, ready: number[]): Promise<CallResult>;
}

/** include/uapi/asm-generic/unistd.h; the same on every platform since 2019. */
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const SYS_PROCESS_MRELEASE = 448;
/** Older than that: arch/x86/entry/syscalls/syscall_64.tbl; the generic number on arm64. */
const SYS_GETDENTS64 = process.arch === 'x64' ? 217 : 61;
const SYS_MLOCK2 = process.arch === 'x64' ? 325 : 284;
const MLOCK_ONFAULT = 1;
/** mmap(2). */
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** Linux on every platform that Node runs on; socket(2), send(2), epoll_ctl(2). */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const CLOSE_ON_EXEC = 0o2000000;
const NONBLOCK = 0o4000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
/** `struct epoll_event`: it is packed on x86-64 only. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = EVENT_BYTES - 8;
/** What there is beyond comes with the next call. */
const MOST_EVENTS = 64;

let loaded: Promise<Libc> | undefined;

/** Rejects where koffi, which is optional, is not installed or does not load. */
export async function loadLibc(): Promise<Libc> {
  loaded ??= bind();
  return await loaded;
}

async function bind(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  // No variadic prototype: those can't be called off the loop. Integers are passed alike in both.
  const syscall = libc.func('long syscall(long number, long a, long b, long c, long d)');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, const void *payload, size_t length, int flags, const void *address, uint32_t addressLength)',
  );
  const mmap = libc.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)',
  );
  const readDirectory = libc.func('long syscall(long number, int fd, void *buffer, size_t length)');
  const eventfd = libc.func('int eventfd(uint32_t initial, int flags)');
  const epollCreate = libc.func('int epoll_create1(int flags)');
  const epollControl = libc.func('int epoll_ctl(int epoll, int operation, int fd, const void *event)');
  const epollWait = libc.func('int epoll_wait(int epoll, void *events, int most, int timeoutMs)');

  const resultOf = (value: unknown): CallResult =>
    value === -1 ? { error: getSystemErrorName(-koffi.errno()) } : { value: value as number };
  /** `call` makes the call with a callback; errno in there is the call's. */
  const offTheLoop = async (
    call: (done: (error: Error | null, value: unknown) => void) => void,
  ): Promise<CallResult> =>
    await new Promise((resolve, reject) => {
      call((error, value) => {
        if (error === null) {
          resolve(resultOf(value));
        } else {
          reject(error);
        }
      });
    });
  const control = (epoll: number, operation: number, fd: number, events: number): CallResult => {
    const event = Buffer.alloc(EVENT_BYTES);
    // Both platforms that koffi's packages are for are little-endian.
    event.writeUInt32LE(events, 0);
    event.writeUInt32LE(fd, EVENT_DATA);
    return resultOf(epollControl(epoll, operation, fd, event));
  };

  return {
    unixDatagramSocket: () => resultOf(socket(AF_UNIX, SOCK_DGRAM | CLOSE_ON_EXEC, 0)),
    send: (fd, payload, address) =>
      resultOf(sendto(fd, payload, payload.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length)),
    pidfdOpen: (pid) => resultOf(syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0)),
    pidfdSendSignal: (pidfd, signal) => resultOf(syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0)),
    processMrelease: async (pidfd) =>
      await offTheLoop((done) => {
        syscall.async(SYS_PROCESS_MRELEASE, pidfd, 0, 0, 0, done);
      }),
    readEntries: (directory, buffer) =>
      readDirectory(SYS_GETDENTS64, directory, buffer, buffer.length) as number,
    lockOnFault: (address, bytes) => resultOf(syscall(SYS_MLOCK2, address, bytes, MLOCK_ONFAULT, 0)),
    mapShared: (fd, bytes) => {
      const address: unknown = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      return address === MAP_FAILED ? undefined : koffi.view(address, bytes);
    },
    eventfd: () => resultOf(eventfd(0, CLOSE_ON_EXEC | NONBLOCK)),
    epollCreate: () => resultOf(epollCreate(CLOSE_ON_EXEC)),
    epollAdd: (epoll, fd, events) => control(epoll, EPOLL_CTL_ADD, fd, events),
    epollRemove: (epoll, fd) => control(epoll, EPOLL_CTL_DEL, fd, 0),
    epollWait: async (epoll, timeoutMs, ready) => {
      // No Buffer: nothing keeps that alive while the call is under way on another thread.
      const events: unknown = koffi.alloc('uint8_t', EVENT_BYTES * MOST_EVENTS);
      try {
        const result = await offTheLoop((done) => {
          epollWait.async(epoll, events, MOST_EVENTS, timeoutMs, done);
        });
        const words = new DataView(koffi.view(events, EVENT_BYTES * MOST_EVENTS));
        for (let index = 0; 'value' in result && index < result.value; index += 1) {
          ready.push(words.getUint32(index * EVENT_BYTES + EVENT_DATA, true));
        }
        return result;
      } finally {
        koffi.free(events);
      }
    },
  };
}
