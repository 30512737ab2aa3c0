import type { ProcessHandle, Signal, SlowFacts } from '../ports.js';
import { identityKey } from '../process.js';
import { exitsInTime } from './exits-in-time.js';
import type { TargetMembers } from './target-members.js';
import type { Hold, NotSent, Reach, SignalAttempt, TerminationRequest } from './terminator.js';

/** Whoever is born while the others are signalled is looked for so often; the kernel itself has no better way than to look again. */
const MOST_ROUNDS = 8;

const SENT: SignalAttempt = { isSent: true };
const NO_GROUP = 'only it was signalled: what it is in can not be told, or is not to be ended as a whole';

/** The hold on the violator, in the steps that a signal to others too is made of. */
export interface ViolatorHold extends Hold {
  /** Reads what takes time. */
  readFacts(): Promise<SlowFacts>;
  /** What stands in the way of the signal; to be asked in the turn in which it is sent. */
  obstacle(facts: SlowFacts, signal: Signal): NotSent | undefined;
  send(signal: Signal): SignalAttempt;
  /** As that of a `ProcessHandle`. */
  waitForExit(abort: AbortSignal): Promise<boolean>;
}

/**
 * A hold on a process and on everybody in its process group, session or control group. Before each signal all of them are looked at
 * afresh; where a guard protects one, the signal goes to the violator alone.
 */
export class TargetHold implements Hold {
  readonly #violator: ViolatorHold;
  readonly #members: TargetMembers | undefined;
  readonly #request: TerminationRequest;
  /** Whom the last signal was sent to, beside the violator. */
  #others: readonly ProcessHandle[] = [];
  readonly #signalled = new Set<string>();
  #whyAlone: string | undefined;

  /** Without members the target is the violator alone. */
  constructor(violator: ViolatorHold, members: TargetMembers | undefined, request: TerminationRequest) {
    this.#violator = violator;
    this.#members = members;
    this.#request = request;
  }

  async signal(signal: Signal): Promise<SignalAttempt> {
    const [facts] = await Promise.all([this.#violator.readFacts(), this.#members?.lookUp()]);
    // From here on nothing is waited for: what has been checked is what is signalled.
    const obstacle = this.#violator.obstacle(facts, signal);
    const hasLeftOthers = obstacle !== undefined && this.#others.length > 0 && isGone(obstacle);
    if (obstacle !== undefined && !hasLeftOthers) {
      return obstacle;
    }
    const membership = this.#members?.check() ?? { isWhole: false, why: NO_GROUP };
    this.#whyAlone = membership.isWhole ? undefined : membership.why;
    this.#others = [];
    if (!membership.isWhole || (membership.members.length === 0 && hasLeftOthers)) {
      return obstacle ?? this.#sendToViolator(signal);
    }
    if (obstacle === undefined && signal === 'SIGKILL' && this.#killAll(membership.members)) {
      return SENT;
    }
    const attempt = obstacle === undefined ? this.#sendToViolator(signal) : SENT;
    if (attempt.isSent) {
      this.#sendToOthers(signal, membership.members);
    }
    return attempt;
  }

  async exitsWithin(ms: number, stopShare?: number, hurry?: AbortSignal): Promise<boolean> {
    const wait = { ms, stopShare, hurry };
    return await exitsInTime(this.#request, wait, async (abort) => {
      const exits = [
        this.#violator.waitForExit(abort),
        ...this.#others.map((handle) => handle.waitForExit(abort)),
      ];
      return (await Promise.all(exits)).every((hasExited) => hasExited);
    });
  }

  heldByPid(): number | undefined {
    return (
      this.#violator.heldByPid() ??
      this.#others.map((handle) => handle.inspect()?.heldByPid).find((pid) => pid !== undefined)
    );
  }

  reach(): Reach {
    return { signalled: this.#signalled.size, whyAlone: this.#whyAlone };
  }

  close(): void {
    this.#members?.close();
    this.#violator.close();
  }

  #sendToViolator(signal: Signal): SignalAttempt {
    const attempt = this.#violator.send(signal);
    if (attempt.isSent) {
      this.#signalled.add(identityKey(this.#request.violation.process));
    }
    return attempt;
  }

  #killAll(others: readonly ProcessHandle[]): boolean {
    const { process } = this.#request.violation;
    const isKilled = this.#members?.killAll([process, ...others.map(({ identity }) => identity)]) === true;
    if (isKilled) {
      this.#others = others;
      for (const identity of [process, ...others.map((handle) => handle.identity)]) {
        this.#signalled.add(identityKey(identity));
      }
    }
    return isKilled;
  }

  /** Until nobody is there who has not been signalled: a child that is born meanwhile gets its signal in the next round. */
  #sendToOthers(signal: Signal, members: readonly ProcessHandle[]): void {
    const reached = new Map<string, ProcessHandle>();
    let next = members;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      for (const handle of next) {
        reached.set(identityKey(handle.identity), handle);
        this.#sendToOther(signal, handle);
      }
      next = this.#bornSince(reached);
      if (next.length === 0) {
        break;
      }
    }
    this.#others = [...reached.values()];
  }

  #bornSince(reached: ReadonlyMap<string, ProcessHandle>): readonly ProcessHandle[] {
    const membership = this.#members?.check({ isSameTurn: true });
    return membership?.isWhole === true
      ? membership.members.filter(({ identity }) => !reached.has(identityKey(identity)))
      : [];
  }

  #sendToOther(signal: Signal, handle: ProcessHandle): void {
    if (handle.signal(signal) === 'sent') {
      this.#signalled.add(identityKey(handle.identity));
      if (signal === 'SIGTERM') {
        // A stopped process can't hear.
        handle.signal('SIGCONT');
      }
    }
  }
}

function isGone({ state }: NotSent): boolean {
  return state === 'gone' || state === 'exiting';
}
