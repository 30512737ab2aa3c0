import type { MachineMemory, MemoryPressure, ProcessIdentity } from './process.js';

/**
 * The samples of one scan, one process per index from 0 to `count`. The arrays belong to the process source and are
 * written again by its next scan: copy what has to last.
 */
export interface ScanColumns {
  readonly count: number;
  readonly pid: Int32Array;
  /** Clock ticks since boot, as in `ProcessIdentity`. */
  readonly startTime: Float64Array;
  readonly uid: Uint32Array;
  readonly rssBytes: Float64Array;
  readonly sharedBytes: Float64Array;
  /** Processes that are there but could not be read (`hidepid`, denied): they are never violators. */
  readonly unreadable: number;
}

/** What can be read of one process at once, without a read that may hang. */
export interface ProcessInspection extends ProcessIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  /** True where the kernel may have cut `comm` (it is 15 bytes long) and the executable's name does not complete it. */
  readonly isCommCut: boolean;
  /** The longest name that is known without a slow read: `comm`, or the executable's name that begins with it. */
  readonly name: string;
  readonly executable: string | undefined;
  /** Base name of `executable`, without the kernel's ` (deleted)`. */
  readonly executableName: string | undefined;
  readonly parentPid: number;
  /** Left out by sources that do not know. */
  readonly processGroupId?: number;
  readonly sessionId: number;
  readonly terminal: string | undefined;
  readonly cgroup: string | undefined;
  readonly unit: string | undefined;
  readonly oomScoreAdj: number;
  readonly isKernelThread: boolean;
  /** It is on its way out and has let go of its memory, but is not a zombie yet. */
  readonly isExiting: boolean;
  /**
   * PID of whoever traces it, ptrace(2), and holds it: no signal ends it then. Left out where it is not held, or its source does
   * not know.
   */
  readonly heldByPid?: number | undefined;
  /** PIDs from the parent upwards, as many as it takes to tell what the monitor has started. */
  readonly ancestors: readonly number[];
  readonly startedAtMs: number;
  readonly rssBytes: number;
  readonly sharedBytes: number;
  readonly anonymousBytes: number;
  readonly fileBytes: number;
  readonly sharedMemoryBytes: number;
  readonly swapBytes: number;
}

/** Which slow facts are wanted. */
export interface SlowFactsRequest {
  readonly commandLine?: boolean;
  readonly pss?: boolean;
}

/** Facts behind another process's memory-map lock: each undefined if it could not be had before the deadline. */
export interface SlowFacts {
  readonly commandLine: readonly string[] | undefined;
  readonly pssBytes: number | undefined;
}

/** Reads processes: `/proc` on a real machine, a list in tests. */
export interface ProcessSource {
  /** Memory of the machine. Throws a `MonitorError` where it can't be read. */
  readMemory(): MachineMemory;
  /** How much work stands still for want of memory; undefined where the kernel does not tell. Left out by sources that can't. */
  readPressure?(): MemoryPressure | undefined;
  /** One pass over all processes. Throws a `MonitorError` if the list of processes can't be read. */
  scan(): ScanColumns;
  /** Reads one process again; undefined if it is gone, has exited (zombie), was replaced, or can't be read. */
  inspect(identity: ProcessIdentity): ProcessInspection | undefined;
  /** Reads what may hang, off the loop; never later than `deadlineMs`, never rejects. */
  inspectSlowly(identity: ProcessIdentity, wanted: SlowFactsRequest, deadlineMs: number): Promise<SlowFacts>;
}

/** Signals that a termination may send. SIGSTOP freezes a process, SIGCONT lets it go on. */
export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** What became of a signal: `denied` is EPERM, `gone` is ESRCH. */
export type SignalResult = 'sent' | 'gone' | 'denied';

/** A hold on one process, not on its PID. Open first, then check, then signal. */
export interface ProcessHandle {
  readonly identity: ProcessIdentity;
  /** A fresh reading, checked against the identity; undefined if the process has exited or was replaced. */
  inspect(): ProcessInspection | undefined;
  /** Sends a signal. Call it in the same turn as `inspect`: without pidfds nothing else closes the gap. */
  signal(signal: Signal): SignalResult;
  /** Resolves with true when the process has exited (a zombie has), with false when the abort signal fires first. */
  waitForExit(abort: AbortSignal): Promise<boolean>;
  /** Gives the handle back to the kernel. */
  close(): void;
}

/** Opens handles on processes. */
export interface ProcessHandles {
  /** Undefined if there is no such process any more. */
  open(identity: ProcessIdentity): ProcessHandle | undefined;
}

/** Tells when processes have to wait for memory. */
export interface PressureAlarm {
  /** Calls `listener` each time, at most every two seconds. Returns the function that unsubscribes. */
  onPressure(listener: () => void): () => void;
}

/** A means of the kernel that the monitor uses where it is to be had. */
export interface KernelMeans {
  /**
   * `pidfd`: signals by a handle instead of a number. `exit-events`: exits are told, not looked for. `process_mrelease`: what a
   * process had comes back at once after SIGKILL. `pressure-trigger`: the kernel wakes the monitor when processes have to wait for
   * memory. `oom-score-adj`: the kernel takes the monitor last. `program-lock`: the kernel does not drop the monitor's program.
   */
  readonly name:
    'pidfd' | 'exit-events' | 'process_mrelease' | 'pressure-trigger' | 'oom-score-adj' | 'program-lock';
  readonly isInUse: boolean;
  /** Why it is not in use. */
  readonly reason?: string;
  /** What that means. */
  readonly without?: string;
}

/** What a process may be ended together with: setpgid(2), setsid(2), cgroups(7). */
export type GroupKind = 'group' | 'session' | 'cgroup';

/** The processes of one process group, session, or control group with those below it. */
export interface ProcessGroup {
  readonly kind: GroupKind;
  /** For people: `process group 4711`, `session 4711`, `control group /user.slice/…`. */
  readonly name: string;
  /** All that are in it now and have not exited. */
  members(): readonly ProcessIdentity[];
  /** Whether a process is in it, by what has just been read of it. */
  has(inspection: ProcessInspection): boolean;
  /**
   * Sends SIGKILL to all of it at once if it consists of exactly these processes. False, and nothing was sent, if it does not, or
   * where there is no such way: it is `cgroup.kill` of version 2. Left out by sources that have none.
   */
  killAll?(members: readonly ProcessIdentity[]): boolean;
}

/** Looks up what a process is in. */
export interface ProcessGroups {
  /**
   * Undefined if the process is gone, or if what it is in can not be told or is not to be ended as a whole: the root of the
   * control groups, one that the monitor is in, or one above that.
   */
  groupOf(identity: ProcessIdentity, kind: GroupKind): ProcessGroup | undefined;
}

/** What the user database says of a name. `unanswered`: it did not answer in time, or has not been asked yet. */
export type UserLookup =
  | { readonly state: 'found'; readonly uid: number }
  | { readonly state: 'absent' }
  | { readonly state: 'unanswered' };

/** The same of a group's name. */
export type GroupLookup =
  | { readonly state: 'found'; readonly gid: number }
  | { readonly state: 'absent' }
  | { readonly state: 'unanswered' };

/** The system's user database (files, LDAP, …), cached. Reading the cache never blocks; lookups go on beside the loop. */
export interface UserDatabase {
  /** Name of a uid, from the cache; undefined while it is not known. Digits where the database knows no such uid. */
  userName(uid: number): string | undefined;
  /** Name of a gid, as `userName` has it for a uid. */
  groupName(gid: number): string | undefined;
  /** Uid of a user name, from the cache. */
  uidOf(name: string): UserLookup;
  /** Gid of a group name, from the cache. */
  gidOf(name: string): GroupLookup;
  /** Gids of all groups of a user, the main one too, from the cache; undefined while they are not known. */
  gidsOf(uid: number): readonly number[] | undefined;
  /**
   * The user who may use this uid for containers, from the cache: subuid(5). `absent` for an ordinary uid. Left out where there is
   * no such thing.
   */
  ownerOf?(uid: number): UserLookup;
  /** Looks up what is not cached; resolves when all have answered or the deadline has passed. Never rejects. */
  resolve(wanted: UserLookupRequest, deadlineMs: number): Promise<void>;
}

/** What is to be looked up in one go, so that the answers are there when they are asked for. */
export interface UserLookupRequest {
  readonly uids?: Iterable<number>;
  readonly gids?: Iterable<number>;
  readonly names?: Iterable<string>;
  readonly groupNames?: Iterable<string>;
  /** Uids of users whose groups are asked for. */
  readonly memberships?: Iterable<number>;
  /** Uids of which it is asked to whom they are subordinate. */
  readonly subordinates?: Iterable<number>;
}

/** Time. Nothing in core reads it from anywhere else. */
export interface Clock {
  /** Milliseconds since 1970, as the wall clock has it: for people. */
  now(): number;
  /** Milliseconds since an arbitrary start, never set back: for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or as soon as one of `aborts` fires; never rejects. */
  sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void>;
}

/** Written before a signal is sent, so that a crash in between can be told afterwards. */
export interface Intent extends ProcessIdentity {
  readonly name: string;
  readonly uid: number;
  readonly user: string;
  readonly rssBytes: number;
  readonly limitBytes: number;
  readonly rule: string;
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** An intent of an earlier run of this boot that has no recorded end. */
export interface UnfinishedIntent extends Intent {
  readonly isStillRunning: boolean;
}

/** Keeps intents on disk. Rejections are reported by whoever calls. */
export interface IntentLog {
  /** Notes what is about to be signalled, before the first signal. */
  begin(intent: Intent): Promise<void>;
  /** Notes what became of it. */
  end(identity: ProcessIdentity, outcome: string): Promise<void>;
  /** What an earlier run of this boot had begun and not ended; each stays in the log until it is forgotten. */
  recover(): Promise<readonly UnfinishedIntent[]>;
  /** What `recover` gave has been told. An intent of this run about the same process stays. */
  forget(intent: UnfinishedIntent): Promise<void>;
}

/** Whoever has started the monitor and restarts it if it hangs: systemd, or nobody. */
export interface Supervisor {
  /** `beat` has to be called at least this often; Infinity if nobody listens. */
  readonly beatIntervalMs: number;
  /** The loop is running: called by the loop itself, so that a loop that hangs falls silent. */
  beat(): void;
  /** The first scan is done, or a reload. */
  ready(status: string): void;
  /** One line for whoever asks how it goes. */
  status(status: string): void;
  /** A reload has begun; `ready` ends it. */
  reloading(): void;
  /** The stop has begun. */
  stopping(): void;
}

/** Writes one line: the fields for programs, the message for people. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of a pino logger that core uses. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** The process that the monitor itself is. */
export interface MonitorProcess {
  readonly pid: number;
  /** The monitor's parent, its parent, and so on up to PID 1; read again at each call. */
  ancestors(): readonly number[];
  /** False where `/proc` belongs to another PID namespace, so that its PIDs name other processes. */
  ownsProcTree(): boolean;
}
