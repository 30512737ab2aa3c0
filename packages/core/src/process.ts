/** What names one process: a PID alone never does, since the kernel hands PIDs out again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks (1/100 s) between boot and the process's start: field 22 of `/proc/PID/stat`, proc_pid_stat(5). */
  readonly startTime: number;
}

/** One reading of one process, as a scan takes it. */
export interface ProcessSample extends ProcessIdentity {
  /** The real uid. */
  readonly uid: number;
  /** Resident memory: what the process has in RAM, shared pages counted in full. */
  readonly rssBytes: number;
  /** The part of `rssBytes` that is file-backed or shared memory. */
  readonly sharedBytes: number;
}

/** Which figure counts as a process's memory: `[settings] measure`. */
export type Measure = 'rss' | 'private' | 'pss';

/** Everything that is known about a process that is over its limits. Plain data: frozen, structured-cloneable. */
export interface ProcessDetails extends ProcessSample {
  /** The process's whole name: the kernel's name, completed where that is cut at 15 bytes. */
  readonly name: string;
  /** The kernel's own name for it, at most 15 bytes (`comm`). */
  readonly comm: string;
  /** Path of the executable; undefined where the kernel does not tell (other users' processes, without root). */
  readonly executable: string | undefined;
  /** Arguments, the program first; undefined until they have been read. They may hold secrets. */
  readonly commandLine: readonly string[] | undefined;
  /** Name of the owner, or the uid in digits where the user database knows none. */
  readonly user: string;
  readonly gid: number;
  readonly group: string;
  readonly parentPid: number;
  readonly sessionId: number;
  /** Controlling terminal: `pts/3`, `tty1`, or `major:minor` of its device; undefined if there is none. */
  readonly terminal: string | undefined;
  /** Path in the control group tree (v2's, or systemd's own of v1); undefined if it can't be read. */
  readonly cgroup: string | undefined;
  /** The systemd unit that it runs in, such as `nginx.service` or `session-3.scope`. */
  readonly unit: string | undefined;
  readonly oomScoreAdj: number;
  /** Start of the process, milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly anonymousBytes: number;
  readonly fileBytes: number;
  /** Resident shared memory (shmem and tmpfs mappings), which ending the process may not give back. */
  readonly sharedMemoryBytes: number;
  readonly swapBytes: number;
  /** Proportional set size; undefined until it has been read. */
  readonly pssBytes: number | undefined;
}

/** The machine's memory at one moment. */
export interface MachineMemory {
  /** The smaller of MemTotal and the limit of the container that the monitor runs in. */
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** `totalBytes` less `availableBytes`. */
  readonly usedBytes: number;
  /** Left out where it can't be told; 0 on a machine without swap. */
  readonly swapTotalBytes?: number;
  readonly swapFreeBytes?: number;
}

/**
 * How long work stands still for want of memory, in percent of the time: PSI, the kernel's Documentation/accounting/psi.rst.
 * `some` is the time in which at least one task waits, `full` that in which all do; averages over 10 s and 60 s.
 */
export interface MemoryPressure {
  readonly someAvg10: number;
  readonly someAvg60: number;
  readonly fullAvg10: number;
  readonly fullAvg60: number;
}

/** An identity as a key for maps. */
export function identityKey(identity: ProcessIdentity): string {
  return `${identity.pid}@${identity.startTime}`;
}

/** Whether two identities name the same process. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime;
}
