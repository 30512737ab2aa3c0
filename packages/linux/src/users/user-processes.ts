import { readdirSync } from 'node:fs';

import type { ProcessIdentity } from '@memory-monitor/core';

import { ProcessInspector } from '../proc/inspect.js';
import { ProcReader } from '../proc/proc-reader.js';
import { PidHandles } from '../signals/pid-handles.js';
import { sleep } from '../sleep.js';

/** What was killed takes a moment to be gone. */
const PAUSE_MS = 5;
/** How long the latest PIDs are looked at before each pause. */
const CHASE_MS = 5;
const CHASED_PIDS = 8;
/** So often in a row nothing has to be found, since a process that only starts the next one is easily missed. */
const QUIET_PASSES = 3;
/** Killed processes with much memory, or on a busy machine, take some hundred milliseconds. */
const DEADLINE_MS = 3000;

/**
 * The processes that one process and what it starts can become, when it runs as a user that is nobody else's. A signal to all
 * processes of that user would not ask whether somebody has come by the same uid meanwhile: so processes are looked for that are not
 * older than the first one, and in the control group that this process is in, which an ordinary user can't leave.
 */
export class UserProcesses {
  readonly #reader = new ProcReader();
  readonly #inspector: ProcessInspector;
  readonly #handles: PidHandles;
  readonly #procRoot: string;
  readonly #uid: number;
  readonly #since: number;
  readonly #cgroup: string | undefined;

  /** `first` has to be there still, and be it as a zombie: its start time is looked up. */
  constructor(first: number, uid: number, procRoot = '/proc') {
    this.#procRoot = procRoot;
    this.#inspector = new ProcessInspector(this.#reader, procRoot);
    this.#handles = new PidHandles(this.#inspector);
    this.#uid = uid;
    this.#since = this.#inspector.startTimeOf(first) ?? Number.POSITIVE_INFINITY;
    this.#cgroup = this.#text('self/cgroup');
  }

  /** Those that run now; the youngest first, which may be gone soon and have others in their place. */
  find(): ProcessIdentity[] {
    return readdirSync(this.#procRoot)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => b - a)
      .flatMap((pid) => this.#identify(pid) ?? []);
  }

  /** Ends all of them, until none is found. Resolves with whether that was so before the deadline. Never rejects. */
  async end(): Promise<boolean> {
    const untilMs = performance.now() + DEADLINE_MS;
    try {
      for (let quietPasses = 0; quietPasses < QUIET_PASSES;) {
        if (performance.now() > untilMs) {
          return false;
        }
        const found = this.find();
        found.forEach(this.#kill);
        quietPasses = found.length > 0 || this.#chase() ? 0 : quietPasses + 1;
        await sleep(PAUSE_MS);
      }
      return true;
    } catch {
      // Out of descriptors, this process can't look.
      return false;
    }
  }

  readonly #kill = (identity: ProcessIdentity): void => {
    this.#handles.open(identity)?.signal('SIGKILL');
  };

  /** A chain of processes, each gone as soon as it has started the next, is caught only right where new ones are. Returns whether there was one. */
  #chase(): boolean {
    const untilMs = performance.now() + CHASE_MS;
    let isCaught = false;
    while (performance.now() < untilMs) {
      const latest = this.#latestPid();
      for (let pid = latest; pid > latest - CHASED_PIDS; pid -= 1) {
        const identity = this.#identify(pid);
        if (identity !== undefined) {
          this.#kill(identity);
          isCaught = true;
        }
      }
    }
    return isCaught;
  }

  /** The last field of `loadavg`, proc_loadavg(5). */
  #latestPid(): number {
    return Number(/ (\d+)\s*$/.exec(this.#text('loadavg') ?? '')?.[1] ?? 0);
  }

  #identify(pid: number): ProcessIdentity | undefined {
    if (!this.#isOfUser(pid) || this.#text(`${pid}/cgroup`) !== this.#cgroup) {
      return undefined;
    }
    const startTime = this.#inspector.startTimeOf(pid);
    const identity = startTime === undefined ? undefined : { pid, startTime };
    return identity !== undefined && identity.startTime >= this.#since && this.#inspector.isAlive(identity)
      ? identity
      : undefined;
  }

  /** By its real, effective or saved uid: each of them lets it act as that user. */
  #isOfUser(pid: number): boolean {
    const uids = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(this.#text(`${pid}/status`) ?? '')?.slice(1) ?? [];
    return uids.includes(String(this.#uid));
  }

  #text(path: string): string | undefined {
    return this.#reader.read(`${this.#procRoot}/${path}`)?.toString('latin1');
  }
}
