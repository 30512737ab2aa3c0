/** The lines of `/proc/PID/status` that the monitor uses; proc_pid_status(5). */
export interface Status {
  /** The real uid and gid: what the process was started as, whatever it has become since. */
  readonly uid: number;
  readonly gid: number;
  readonly anonymousBytes: number;
  readonly fileBytes: number;
  readonly sharedMemoryBytes: number;
  readonly swapBytes: number;
  /** Who traces it and holds it, ptrace(2): a thread's PID that kill(2) takes. Left out if nobody does. */
  readonly heldByPid?: number;
}

/** `t` of fs/proc/array.c: stopped by a tracer. `T` is stopped by a signal, which SIGKILL ends. */
const TRACING_STOP = '\nState:\tt';

/** Reads a `status` file; undefined if it names no owner. Memory lines that a kernel does not write count as 0. */
export function parseStatus(bytes: Buffer): Status | undefined {
  // The name comes first, and the kernel escapes newlines in it, so it can't pose as another line.
  const text = bytes.toString('latin1');
  const uid = firstNumber(text, 'Uid');
  const gid = firstNumber(text, 'Gid');
  if (uid === undefined || gid === undefined) {
    return undefined;
  }
  const tracerPid = firstNumber(text, 'TracerPid') ?? 0;
  const bytesOf = (key: string): number => (firstNumber(text, key) ?? 0) * 1024;
  return {
    uid,
    gid,
    anonymousBytes: bytesOf('RssAnon'),
    fileBytes: bytesOf('RssFile'),
    sharedMemoryBytes: bytesOf('RssShmem'),
    swapBytes: bytesOf('VmSwap'),
    ...(text.includes(TRACING_STOP) && tracerPid > 0 ? { heldByPid: tracerPid } : {}),
  };
}

function firstNumber(text: string, key: string): number | undefined {
  const start = text.indexOf(`\n${key}:`);
  const digits =
    start === -1
      ? undefined
      : /^\s*(\d+)/.exec(text.slice(start + key.length + 2, start + key.length + 42))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
