import type {
  GroupKind,
  ProcessGroup,
  ProcessGroups,
  ProcessHandle,
  ProcessHandles,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  SignalResult,
  SlowFacts,
  SlowFactsRequest,
} from '../ports.js';
import { isSameProcess, type MachineMemory, type MemoryPressure, type ProcessIdentity } from '../process.js';

/** A process of a fake machine; what is left out is that of an ordinary process. */
export interface FakeProcess extends Partial<Omit<ProcessInspection, 'pid' | 'startTime'>> {
  readonly pid?: number;
  readonly startTime?: number;
  readonly commandLine?: readonly string[];
  readonly pssBytes?: number;
  /** What a signal does to it instead of ending it; undefined is `sent`. One that exits calls `machine.exit(pid)`. */
  readonly onSignal?: (signal: string, machine: FakeMachine, pid: number) => SignalResult | undefined;
  /** Reads behind its memory-map lock never answer. */
  readonly hangs?: boolean;
}

/**
 * What the monitor does with the machine, in the order in which it does it: `scan`, `inspect` a process, read what may hang of it
 * (`inspectSlowly`), `open` a handle, look at it through that (`check`), and `signal` it.
 */
export type MachineStep = 'scan' | 'inspect' | 'inspectSlowly' | 'open' | 'check' | 'signal';

/** The kernel keeps so many characters of a name. */
const LONGEST_COMM = 15;

interface Entry {
  inspection: ProcessInspection;
  readonly fake: FakeProcess;
}

const GB = 1024 ** 3;

/** Processes in a list: a process source, the handles on it and their groups, with everything that a test needs to go wrong. */
export class FakeMachine implements ProcessSource, ProcessHandles, ProcessGroups {
  /** Every signal that was sent, in order. */
  readonly signals: { readonly pid: number; readonly startTime: number; readonly signal: string }[] = [];
  memory: MachineMemory = { totalBytes: 16 * GB, availableBytes: 8 * GB, usedBytes: 8 * GB };
  /** PSI; undefined as on a kernel without it. */
  pressure: MemoryPressure | undefined;
  /** Whether control groups have `cgroup.kill`; every process that it ends counts as sent SIGKILL. */
  hasCgroupKill = false;
  /** Control groups that were ended at once. */
  readonly cgroupKills: string[] = [];
  /** What the next scans throw. */
  scanError: Error | undefined;
  /**
   * Called before each step that the monitor takes; for faults at the worst moment: a process that goes, is replaced, grows or
   * shrinks. `pid` is undefined for a scan.
   */
  beforeStep: (step: MachineStep, pid: number | undefined) => void = () => undefined;
  readonly #entries = new Map<number, Entry>();
  readonly #exitWaiters = new Set<() => void>();
  #nextPid = 1000;
  #nextStartTime = 100;

  /** Starts a process. */
  spawn(fake: FakeProcess = {}): ProcessIdentity {
    const pid = fake.pid ?? this.#nextPid++;
    const startTime = fake.startTime ?? this.#nextStartTime++;
    this.#entries.set(pid, { fake, inspection: inspectionOf(fake, pid, startTime) });
    this.#wakeWaiters();
    return { pid, startTime };
  }

  /** Changes what is read of a process. */
  change(pid: number, change: Partial<ProcessInspection>): void {
    const entry = this.#entries.get(pid);
    if (entry !== undefined) {
      entry.inspection = { ...entry.inspection, ...change };
    }
  }

  /** The process ends by itself, now. */
  exit(pid: number): void {
    this.#entries.delete(pid);
    this.#wakeWaiters();
  }

  /** Whether this very process is still there. */
  isRunning(identity: ProcessIdentity): boolean {
    return this.#read(identity) !== undefined;
  }

  readMemory(): MachineMemory {
    return this.memory;
  }

  readPressure(): MemoryPressure | undefined {
    return this.pressure;
  }

  scan(): ScanColumns {
    this.beforeStep('scan', undefined);
    if (this.scanError !== undefined) {
      throw this.scanError;
    }
    const all = [...this.#entries.values()].map(({ inspection }) => inspection);
    return {
      count: all.length,
      pid: Int32Array.from(all, ({ pid }) => pid),
      startTime: Float64Array.from(all, ({ startTime }) => startTime),
      uid: Uint32Array.from(all, ({ uid }) => uid),
      rssBytes: Float64Array.from(all, ({ rssBytes }) => rssBytes),
      sharedBytes: Float64Array.from(all, ({ sharedBytes }) => sharedBytes),
      unreadable: 0,
    };
  }

  inspect(
    identity: ProcessIdentity,
    step: Extract<MachineStep, 'inspect' | 'check'> = 'inspect',
  ): ProcessInspection | undefined {
    this.beforeStep(step, identity.pid);
    return this.#read(identity);
  }

  #read(identity: ProcessIdentity): ProcessInspection | undefined {
    const inspection = this.#entries.get(identity.pid)?.inspection;
    return inspection !== undefined && isSameProcess(inspection, identity) ? inspection : undefined;
  }

  async inspectSlowly(identity: ProcessIdentity, wanted: SlowFactsRequest): Promise<SlowFacts> {
    this.beforeStep('inspectSlowly', identity.pid);
    await Promise.resolve();
    const fake = this.#entries.get(identity.pid)?.fake;
    const isReadable = this.isRunning(identity) && fake?.hangs !== true;
    return {
      commandLine: isReadable && wanted.commandLine === true ? (fake?.commandLine ?? []) : undefined,
      pssBytes: isReadable && wanted.pss === true ? fake?.pssBytes : undefined,
    };
  }

  open(identity: ProcessIdentity): ProcessHandle | undefined {
    this.beforeStep('open', identity.pid);
    return this.isRunning(identity) ? this.#handle(identity) : undefined;
  }

  groupOf(identity: ProcessIdentity, kind: GroupKind): ProcessGroup | undefined {
    const inspection = this.inspect(identity);
    const id = inspection === undefined ? undefined : groupIdOf(inspection, kind);
    if (id === undefined || id === '/') {
      return undefined;
    }
    const has = (other: ProcessInspection): boolean => isInGroup(groupIdOf(other, kind), id);
    const members = (): ProcessIdentity[] =>
      [...this.#entries.values()]
        .filter((entry) => has(entry.inspection))
        .map(({ inspection: { pid, startTime } }) => ({ pid, startTime }));
    return {
      kind,
      name: `${GROUP_NAMES[kind]} ${id}`,
      has,
      members,
      killAll: (wanted) => kind === 'cgroup' && this.#killAll(String(id), members(), wanted),
    };
  }

  #killAll(path: string, members: readonly ProcessIdentity[], wanted: readonly ProcessIdentity[]): boolean {
    const isExact =
      members.length === wanted.length &&
      members.every((member) => wanted.some((other) => isSameProcess(member, other)));
    if (!this.hasCgroupKill || !isExact) {
      return false;
    }
    this.cgroupKills.push(path);
    for (const member of members) {
      this.signals.push({ ...member, signal: 'SIGKILL' });
      this.#deliver(member, 'SIGKILL');
    }
    return true;
  }

  #handle(identity: ProcessIdentity): ProcessHandle {
    return {
      identity,
      inspect: () => this.inspect(identity, 'check'),
      signal: (signal) => {
        this.beforeStep('signal', identity.pid);
        this.signals.push({ ...identity, signal });
        return this.#deliver(identity, signal);
      },
      waitForExit: async (abort) => await this.#waitForExit(identity, abort),
      close: () => undefined,
    };
  }

  #deliver(identity: ProcessIdentity, signal: string): SignalResult {
    const entry = this.#entries.get(identity.pid);
    if (entry === undefined || !this.isRunning(identity)) {
      return 'gone';
    }
    if (entry.fake.onSignal !== undefined) {
      return entry.fake.onSignal(signal, this, identity.pid) ?? 'sent';
    }
    if (signal !== 'SIGCONT') {
      this.exit(identity.pid);
    }
    return 'sent';
  }

  async #waitForExit(identity: ProcessIdentity, abort: AbortSignal): Promise<boolean> {
    while (this.isRunning(identity) && !abort.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#exitWaiters.delete(wake);
          abort.removeEventListener('abort', wake);
          resolve();
        };
        this.#exitWaiters.add(wake);
        abort.addEventListener('abort', wake);
      });
    }
    return !this.isRunning(identity);
  }

  #wakeWaiters(): void {
    for (const wake of [...this.#exitWaiters]) {
      wake();
    }
  }
}

const GROUP_NAMES = { group: 'process group', session: 'session', cgroup: 'control group' } as const;

function groupIdOf(
  { pid, processGroupId = pid, sessionId, cgroup }: ProcessInspection,
  kind: GroupKind,
): number | string | undefined {
  return { group: processGroupId, session: sessionId, cgroup }[kind];
}

/** Control groups have others below them. */
function isInGroup(id: number | string | undefined, wanted: number | string): boolean {
  return id === wanted || (typeof id === 'string' && id.startsWith(`${wanted}/`));
}

function inspectionOf(fake: FakeProcess, pid: number, startTime: number): ProcessInspection {
  const comm = fake.comm ?? fake.name?.slice(0, LONGEST_COMM) ?? 'hog';
  const rssBytes = fake.rssBytes ?? 0;
  return {
    uid: 1000,
    gid: 1000,
    comm,
    isCommCut: comm.length >= LONGEST_COMM && fake.name === undefined,
    name: comm,
    executable: undefined,
    executableName: undefined,
    parentPid: 1,
    sessionId: pid,
    terminal: undefined,
    cgroup: undefined,
    unit: undefined,
    oomScoreAdj: 0,
    isKernelThread: false,
    isExiting: false,
    ancestors: [1],
    startedAtMs: 0,
    rssBytes,
    sharedBytes: 0,
    anonymousBytes: rssBytes,
    fileBytes: 0,
    sharedMemoryBytes: 0,
    swapBytes: 0,
    ...definedOnly(fake),
    pid,
    startTime,
  };
}

/** What the fake says about the process itself, without what it says about the fake. */
function definedOnly(fake: FakeProcess): Partial<ProcessInspection> {
  const aboutTheFake: readonly string[] = ['onSignal', 'hangs', 'commandLine', 'pssBytes'];
  return Object.fromEntries(Object.entries(fake).filter(([key]) => !aboutTheFake.includes(key)));
}
