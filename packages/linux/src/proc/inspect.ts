import type { ProcessIdentity, ProcessInspection } from '@memory-monitor/core';

import { parseCgroup, unitOf } from './cgroup.js';
import { LiveThreads } from './live-threads.js';
import { PAGE_BYTES } from './page-size.js';
import type { ProcReader } from './proc-reader.js';
import {
  hasExited,
  isExiting,
  isKernelThread,
  isZombie,
  parseStat,
  terminalName,
  type Stat,
} from './stat.js';
import { parseStatus } from './status.js';

/** `TASK_COMM_LEN` less the closing NUL: the kernel keeps so many bytes of a name. */
const LONGEST_COMM_BYTES = 15;
/** Of the monitor itself: the walk has to end. */
const MOST_ANCESTORS = 1000;
/** Of a candidate: what the monitor starts is its child or grandchild, and a user may nest theirs without end. */
const MOST_CANDIDATE_ANCESTORS = 32;
/** Ticks of a second in `/proc`: USER_HZ, 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const DELETED = ' (deleted)';

/** Reads everything of one process that can be read without a wait. */
export class ProcessInspector {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #liveThreads: LiveThreads;
  readonly #statm = new Float64Array(3);

  /** `liveThreads` are shared with whoever else looks for them, so that what one has found the other knows. */
  constructor(reader: ProcReader, procRoot: string, liveThreads = new LiveThreads(reader, procRoot)) {
    this.#reader = reader;
    this.#procRoot = procRoot;
    this.#liveThreads = liveThreads;
  }

  /** Undefined if the process is gone, has exited, is another one, can't be read, or only borrows its parent's memory. */
  inspect(identity: ProcessIdentity): ProcessInspection | undefined {
    const stat = this.#liveStat(identity);
    if (stat === undefined || this.#borrowsMemory(identity.pid, stat)) {
      return undefined;
    }
    const directory = this.#memoryDirectory(identity.pid, stat);
    const memory = directory === undefined ? undefined : this.#memory(directory);
    if (directory === undefined || memory === undefined) {
      return undefined;
    }
    const inspection = {
      ...identity,
      ...memory,
      ...this.#names(directory, stat.comm),
      ...this.#group(identity.pid),
      parentPid: stat.parentPid,
      processGroupId: stat.processGroupId,
      sessionId: stat.sessionId,
      terminal: terminalName(stat.terminalDevice),
      oomScoreAdj: Number(this.#text(`${this.#procRoot}/${identity.pid}/oom_score_adj`) ?? 0),
      isKernelThread: isKernelThread(stat),
      isExiting: isExiting(stat) && memory.rssBytes === 0,
      ancestors: this.ancestorsOf(identity.pid, MOST_CANDIDATE_ANCESTORS),
      startedAtMs: this.#startedAtMs(stat),
    };
    // All of it is one process's only if that still holds the PID now.
    return this.#liveStat(identity) === undefined ? undefined : inspection;
  }

  /** Whether the process is still there and has not exited. */
  isAlive(identity: ProcessIdentity): boolean {
    return this.#liveStat(identity) !== undefined;
  }

  /** PIDs from the parent up to PID 1, or as many as `most`. */
  ancestorsOf(pid: number, most = MOST_ANCESTORS): number[] {
    const ancestors: number[] = [];
    let parent = this.#stat(pid)?.parentPid ?? 0;
    while (parent > 0 && ancestors.length < most) {
      ancestors.push(parent);
      parent = this.#stat(parent)?.parentPid ?? 0;
    }
    return ancestors;
  }

  /** Start time of whoever has the PID now; undefined if nobody has. */
  startTimeOf(pid: number): number | undefined {
    return this.#stat(pid)?.startTime;
  }

  #liveStat({ pid, startTime }: ProcessIdentity): Stat | undefined {
    const stat = this.#stat(pid);
    return stat?.startTime === startTime && !hasExited(stat) ? stat : undefined;
  }

  #stat(pid: number): Stat | undefined {
    const line = this.#reader.read(`${this.#procRoot}/${pid}/stat`);
    return line === undefined ? undefined : parseStat(line);
  }

  /**
   * Between vfork and exec a child runs in its parent's memory and shows all of it as its own; the parent sleeps
   * uninterruptibly meanwhile, vfork(2).
   */
  #borrowsMemory(pid: number, { parentPid }: Stat): boolean {
    if (this.#stat(parentPid)?.state !== 'D') {
      return false;
    }
    const own = this.#text(`${this.#procRoot}/${pid}/statm`);
    return own !== undefined && own === this.#text(`${this.#procRoot}/${parentPid}/statm`);
  }

  /** Where the memory shows: at another thread, once the first one has ended and left the process to the others. */
  #memoryDirectory(pid: number, stat: Stat): string | undefined {
    const process = `${this.#procRoot}/${pid}`;
    if (!isZombie(stat)) {
      return process;
    }
    const thread = this.#liveThreads.find(pid, this.#statm);
    return thread.state === 'found' ? thread.directory : thread.state === 'none' ? process : undefined;
  }

  #memory(directory: string) {
    const bytes = this.#reader.read(`${directory}/status`);
    const status = bytes === undefined ? undefined : parseStatus(bytes);
    if (
      status === undefined ||
      this.#reader.readNumbers(`${directory}/statm`, this.#statm) < this.#statm.length
    ) {
      return undefined;
    }
    const [, resident = 0, shared = 0] = this.#statm;
    return { ...status, rssBytes: resident * PAGE_BYTES, sharedBytes: shared * PAGE_BYTES };
  }

  #names(directory: string, commBytes: Buffer) {
    const comm = commBytes.toString('utf8');
    const path = withoutDeleted(this.#reader.readLink(`${directory}/exe`));
    const baseName = path?.subarray(path.lastIndexOf('/') + 1);
    const executableName = baseName?.toString('utf8');
    const isFull = commBytes.length >= LONGEST_COMM_BYTES;
    // As bytes: the kernel may have cut a letter in two, and names need not be UTF-8.
    const isCompleted = executableName !== undefined && baseName?.indexOf(commBytes) === 0;
    return {
      comm,
      name: isFull && isCompleted ? executableName : comm,
      isCommCut: isFull && !isCompleted,
      executable: path?.toString('utf8'),
      executableName,
    };
  }

  #group(pid: number): { cgroup: string | undefined; unit: string | undefined } {
    const text = this.#reader.read(`${this.#procRoot}/${pid}/cgroup`)?.toString('utf8');
    const cgroup = text === undefined ? undefined : parseCgroup(text);
    return { cgroup, unit: cgroup === undefined ? undefined : unitOf(cgroup) };
  }

  #startedAtMs({ startTime }: Stat): number {
    const uptimeSeconds = Number.parseFloat(this.#text(`${this.#procRoot}/uptime`) ?? '0');
    return Math.round(Date.now() - uptimeSeconds * 1000 + (startTime * 1000) / TICKS_PER_SECOND);
  }

  #text(path: string): string | undefined {
    return this.#reader.read(path)?.toString('latin1');
  }
}

function withoutDeleted(path: Buffer | undefined): Buffer | undefined {
  const end = (path?.length ?? 0) - DELETED.length;
  return end >= 0 && path?.indexOf(DELETED, end) === end ? path.subarray(0, end) : path;
}
