import { inject, injectable } from '../container/token.js';
import { GUARDS, PROCESS_HANDLES, PROCESS_SOURCE } from '../container/tokens.js';
import type { Guards } from '../decision/guards.js';
import { wholeNameOf } from '../decision/whole-name.js';
import { quickMeasureOf } from '../detection/measure.js';
import type { Violation } from '../detection/violation.js';
import type { ProcessHandle, ProcessHandles, ProcessSource, Signal, SlowFacts } from '../ports.js';
import { inGb } from '../units.js';
import type { Hold, SignalAttempt, Signaller, TerminationEnding, TerminationRequest } from './terminator.js';

/** How long the slow facts of a last check may take. */
const SLOW_FACTS_DEADLINE_MS = 250;
/** The share of the grace period in which a stopping monitor has seen an exit, where the caller says nothing else. */
const STOP_SHARE = 0.95;

const SENT: SignalAttempt = { isSent: true };

/** Handle first, then the check of guards and usage, then the signal. */
@injectable()
export class GuardedSignaller implements Signaller {
  readonly #handles: ProcessHandles;
  readonly #source: ProcessSource;
  readonly #guards: Guards;

  constructor(
    @inject(PROCESS_HANDLES) handles: ProcessHandles,
    @inject(PROCESS_SOURCE) source: ProcessSource,
    @inject(GUARDS) guards: Guards,
  ) {
    this.#handles = handles;
    this.#source = source;
    this.#guards = guards;
  }

  hold(request: TerminationRequest): Hold | undefined {
    const handle = this.#handles.open(request.violation.process);
    return handle === undefined ? undefined : new GuardedHold(handle, request, this.#source, this.#guards);
  }
}

class GuardedHold implements Hold {
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
    const slow = await this.#slowFacts(this.#request.violation);
    const obstacle = this.#check(slow, signal);
    if (obstacle !== undefined) {
      return obstacle;
    }
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

  async exitsWithin(ms: number, stopShare = STOP_SHARE, hurry?: AbortSignal): Promise<boolean> {
    const { graceMs, stop } = this.#request;
    const over = new AbortController();
    whenAborted(hurry, over);
    const timeout = stop.sleep(ms, graceMs * stopShare, over.signal).then(() => false);
    const exit = this.#handle.waitForExit(over.signal);
    try {
      return await Promise.race([exit, timeout]);
    } finally {
      over.abort();
    }
  }

  heldByPid(): number | undefined {
    return this.#handle.inspect()?.heldByPid;
  }

  close(): void {
    this.#handle.close();
  }

  /** What stands in the way of the signal. */
  #check(slow: SlowFacts, signal: Signal): SignalAttempt | undefined {
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
    return belowLimit(violation, quickMeasureOf(violation.measure, inspection), slow.pssBytes);
  }

  async #slowFacts({ measure }: Violation): Promise<SlowFacts> {
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

/** Hands an abort on; one that lives longer keeps nothing of the other. */
function whenAborted(signal: AbortSignal | undefined, over: AbortController): void {
  if (signal?.aborted === true) {
    over.abort();
  }
  signal?.addEventListener(
    'abort',
    () => {
      over.abort();
    },
    { signal: over.signal },
  );
}

function belowLimit(
  { measure, spareBelowBytes }: Violation,
  quickBytes: number,
  pssBytes: number | undefined,
): SignalAttempt | undefined {
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

function gone(): SignalAttempt {
  return notSent('gone', 'vanished', 'it was gone before the first signal');
}

type NotSent = Extract<SignalAttempt, { readonly isSent: false }>;

function notSent(state: NotSent['state'], outcome: TerminationEnding['outcome'], reason: string): NotSent {
  return { isSent: false, state, ending: { outcome, signal: undefined, reason } };
}
