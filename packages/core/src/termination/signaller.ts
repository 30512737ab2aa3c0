import { inject, injectable } from '../container/token.js';
import { GUARDS, PROCESS_GROUPS, PROCESS_HANDLES, PROCESS_SOURCE } from '../container/tokens.js';
import type { Guards } from '../decision/guards.js';
import { wholeNameOf } from '../decision/whole-name.js';
import { quickMeasureOf } from '../detection/measure.js';
import type { Violation } from '../detection/violation.js';
import type {
  ProcessGroups,
  ProcessHandle,
  ProcessHandles,
  ProcessSource,
  Signal,
  SlowFacts,
} from '../ports.js';
import { inGb } from '../units.js';
import { exitsInTime } from './exits-in-time.js';
import { TargetHold, type ViolatorHold } from './target-hold.js';
import { TargetMembers } from './target-members.js';
import type {
  Hold,
  NotSent,
  SignalAttempt,
  Signaller,
  TerminationEnding,
  TerminationRequest,
} from './terminator.js';

/** How long the slow facts of a last check may take. */
const SLOW_FACTS_DEADLINE_MS = 250;

const SENT: SignalAttempt = { isSent: true };

/** Handle first, then the check of guards and usage, then the signal. */
@injectable()
export class GuardedSignaller implements Signaller {
  readonly #handles: ProcessHandles;
  readonly #source: ProcessSource;
  readonly #guards: Guards;
  readonly #groups: ProcessGroups;

  constructor(
    @inject(PROCESS_HANDLES) handles: ProcessHandles,
    @inject(PROCESS_SOURCE) source: ProcessSource,
    @inject(GUARDS) guards: Guards,
    @inject(PROCESS_GROUPS) groups: ProcessGroups,
  ) {
    this.#handles = handles;
    this.#source = source;
    this.#guards = guards;
    this.#groups = groups;
  }

  hold(request: TerminationRequest): Hold | undefined {
    const { process, target } = request.violation;
    const handle = this.#handles.open(process);
    if (handle === undefined) {
      return undefined;
    }
    const hold = new GuardedHold(handle, request, this.#source, this.#guards);
    return target === undefined ? hold : new TargetHold(hold, this.#membersOf(request), request);
  }

  #membersOf({ violation: { process, target } }: TerminationRequest): TargetMembers | undefined {
    const group = target === undefined ? undefined : this.#groups.groupOf(process, target);
    return group && new TargetMembers(group, process, this.#handles, this.#source, this.#guards);
  }
}

class GuardedHold implements ViolatorHold {
  readonly #handle: ProcessHandle;
  readonly #request: TerminationRequest;
  readonly #source: ProcessSource;
  readonly #guards: Guards;

  constructor(handle: ProcessHandle, request: TerminationRequest, source: ProcessSource, guards: Guards) {
    this.#handle = handle;
    this.#request = request;
    this.#source = source;
    this.#guards = guards;
  }

  /** Looks again and signals in the same turn, so that nothing of ours comes between check and signal. */
  async signal(signal: Signal): Promise<SignalAttempt> {
    const slow = await this.readFacts();
    return this.obstacle(slow, signal) ?? this.send(signal);
  }

  send(signal: Signal): SignalAttempt {
    switch (this.#handle.signal(signal)) {
      case 'sent':
        if (signal === 'SIGTERM') {
          // A stopped process can't hear.
          this.#handle.signal('SIGCONT');
        }
        return SENT;
      case 'denied':
        return notSent('denied', 'failed', `permission denied for ${signal}: run as root`);
      case 'gone':
        return gone();
    }
  }

  async exitsWithin(ms: number, stopShare?: number, hurry?: AbortSignal): Promise<boolean> {
    const wait = { ms, stopShare, hurry };
    return await exitsInTime(this.#request, wait, (abort) => this.waitForExit(abort));
  }

  async waitForExit(abort: AbortSignal): Promise<boolean> {
    return await this.#handle.waitForExit(abort);
  }

  heldByPid(): number | undefined {
    return this.#handle.inspect()?.heldByPid;
  }

  close(): void {
    this.#handle.close();
  }

  obstacle(slow: SlowFacts, signal: Signal): NotSent | undefined {
    const { isArmed, maySpareInGrace, stop, violation } = this.#request;
    const inspection = this.#handle.inspect();
    if (inspection === undefined) {
      return gone();
    }
    if (!isArmed()) {
      return notSent('forbidden', 'spared', 'the monitor has been disarmed');
    }
    // What has begun comes to its end; nothing new begins.
    if (stop.hasBegun && (signal === 'SIGTERM' || signal === 'SIGSTOP')) {
      return notSent('forbidden', 'spared', 'the monitor is stopping');
    }
    if (inspection.isExiting) {
      return notSent('exiting', 'vanished', 'it is exiting');
    }
    const finding = this.#guards.check({ inspection, wholeName: wholeNameOf(inspection, slow.commandLine) });
    if (finding !== undefined) {
      return notSent('forbidden', 'spared', finding.reason);
    }
    if (signal === 'SIGCONT' || (signal === 'SIGKILL' && !maySpareInGrace)) {
      return undefined;
    }
    return (
      this.#enoughAvailable(violation) ??
      belowLimit(violation, quickMeasureOf(violation.measure, inspection), slow.pssBytes)
    );
  }

  /** Somebody else may have gone, by the kernel's hand too, since the scan: then this one need not. */
  #enoughAvailable({ spareAboveAvailableBytes }: Violation): NotSent | undefined {
    if (spareAboveAvailableBytes === undefined) {
      return undefined;
    }
    const { availableBytes } = this.#source.readMemory();
    return availableBytes < spareAboveAvailableBytes
      ? undefined
      : notSent('below', 'spared', `the machine has ${inGb(availableBytes)} available again`);
  }

  async readFacts(): Promise<SlowFacts> {
    const { measure } = this.#request.violation;
    const inspection = this.#handle.inspect();
    const wanted = {
      pss: measure === 'pss',
      commandLine: inspection !== undefined && this.#guards.needsWholeName(inspection),
    };
    return wanted.pss || wanted.commandLine
      ? await this.#source.inspectSlowly(this.#handle.identity, wanted, SLOW_FACTS_DEADLINE_MS)
      : { commandLine: undefined, pssBytes: undefined };
  }
}

function belowLimit(
  { measure, spareBelowBytes }: Violation,
  quickBytes: number,
  pssBytes: number | undefined,
): NotSent | undefined {
  if (measure === 'pss' && quickBytes > spareBelowBytes && pssBytes === undefined) {
    return notSent('unreadable', 'spared', 'its proportional set size can not be read any more');
  }
  const usedBytes = Math.min(quickBytes, pssBytes ?? quickBytes);
  return usedBytes > spareBelowBytes
    ? undefined
    : notSent(
        'below',
        'spared',
        `it has shrunk to ${inGb(usedBytes)}, its limit is ${inGb(spareBelowBytes)}`,
      );
}

function gone(): NotSent {
  return notSent('gone', 'vanished', 'it was gone before the first signal');
}

function notSent(state: NotSent['state'], outcome: TerminationEnding['outcome'], reason: string): NotSent {
  return { isSent: false, state, ending: { outcome, signal: undefined, reason } };
}
