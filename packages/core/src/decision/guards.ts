import type { MonitorProcess, ProcessInspection, UserDatabase } from '../ports.js';
import type { Owner, Whitelist } from './whitelist.js';

/** Why a process may not be signalled. No plugin can lift it. */
export interface GuardFinding {
  readonly guard:
    | 'pid-1'
    | 'monitor'
    | 'kernel-thread'
    | 'oom-score-adj'
    | 'whitelist-pid'
    | 'whitelist-name'
    | 'whitelist-user'
    | 'unknown-owner'
    | 'unknown-name';
  readonly reason: string;
}

/**
 * A reading of a process and its whole name, as far as that is known.
 * `wholeName` is undefined where `comm` is cut and the rest could not be read.
 */
export interface GuardSubject {
  readonly inspection: ProcessInspection;
  readonly wholeName: string | undefined;
}

/** `oom_score_adj` of a process that the kernel's own OOM killer never takes: proc_pid_oom_score_adj(5). */
const OOM_SCORE_ADJ_NEVER = -1000;

/** The never-kill rules. They are asked when a violation is detected, and again before each signal. */
export class Guards {
  readonly #self: MonitorProcess;
  readonly #users: UserDatabase;
  readonly #whitelist: () => Whitelist;

  /** `whitelist` is asked at each check, so that a reload counts at once, also for a victim in its grace period. */
  constructor(self: MonitorProcess, users: UserDatabase, whitelist: () => Whitelist) {
    this.#self = self;
    this.#users = users;
    this.#whitelist = whitelist;
  }

  /** Whether the whole name of this process matters, so that it is worth a slow read. */
  needsWholeName(inspection: ProcessInspection): boolean {
    return inspection.isCommCut && this.#whitelist().hasNameEntryFor(this.#owner(inspection.uid));
  }

  /** The first guard that protects the process; undefined if none does. */
  check(subject: GuardSubject): GuardFinding | undefined {
    const { inspection } = subject;
    return this.#checkMonitor(inspection) ?? this.#checkKernel(inspection) ?? this.#checkWhitelist(subject);
  }

  #checkMonitor({ pid, ancestors }: ProcessInspection): GuardFinding | undefined {
    if (pid === 1) {
      return { guard: 'pid-1', reason: 'it is PID 1' };
    }
    if (pid === this.#self.pid) {
      return { guard: 'monitor', reason: 'it is the monitor' };
    }
    if (ancestors.includes(this.#self.pid)) {
      return { guard: 'monitor', reason: 'the monitor started it' };
    }
    if (this.#self.ancestors().includes(pid)) {
      return { guard: 'monitor', reason: 'the monitor descends from it' };
    }
    return undefined;
  }

  #checkKernel({ isKernelThread, oomScoreAdj }: ProcessInspection): GuardFinding | undefined {
    if (isKernelThread) {
      return { guard: 'kernel-thread', reason: 'it is a kernel thread' };
    }
    if (oomScoreAdj === OOM_SCORE_ADJ_NEVER) {
      return { guard: 'oom-score-adj', reason: 'its oom_score_adj is -1000' };
    }
    return undefined;
  }

  #checkWhitelist({ inspection, wholeName }: GuardSubject): GuardFinding | undefined {
    const whitelist = this.#whitelist();
    if (whitelist.hasPid(inspection.pid)) {
      return { guard: 'whitelist-pid', reason: `PID ${inspection.pid} is whitelisted` };
    }
    const owner = this.#owner(inspection.uid);
    const { user, isOpen } = whitelist.findUser(owner);
    if (user !== undefined) {
      return { guard: 'whitelist-user', reason: `user ${user} is whitelisted` };
    }
    if (isOpen) {
      return {
        guard: 'unknown-owner',
        reason: 'users are whitelisted, and the user database does not say whose it is',
      };
    }
    const names = [wholeName ?? inspection.name, inspection.executableName].filter(
      (name) => name !== undefined,
    );
    const entry = whitelist.findName(names, owner);
    if (entry !== undefined) {
      return { guard: 'whitelist-name', reason: `its name matches ${entry}, which is whitelisted` };
    }
    if (wholeName === undefined && whitelist.hasNameEntryFor(owner)) {
      return { guard: 'unknown-name', reason: 'its name is cut by the kernel and the rest can not be read' };
    }
    return undefined;
  }

  #owner(uid: number): Owner {
    return { uid, name: this.#users.userName(uid), users: this.#users };
  }
}
