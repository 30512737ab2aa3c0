import { inject, injectable } from '../container/token.js';
import { SIGNALLER } from '../container/tokens.js';
import type {
  Hold,
  NotSent,
  Reach,
  Signaller,
  TerminationEnding,
  TerminationRequest,
  TerminationResult,
  Terminator,
} from './terminator.js';

/** A process that has not exited so long after SIGKILL is not going to. Freeing many gigabytes takes seconds. */
const SURVIVAL_MS = 15_000;
/** Share of the grace period in which a stopping monitor sends the last SIGKILL. */
const STOP_KILL_SHARE = 0.8;

const VANISHED: TerminationEnding = {
  outcome: 'vanished',
  signal: undefined,
  reason: 'it was gone before the first signal',
};
const EXITED_AFTER_SIGTERM: TerminationEnding = {
  outcome: 'terminated',
  signal: 'SIGTERM',
  reason: 'it exited after SIGTERM',
};
const KILLED: TerminationEnding = {
  outcome: 'killed',
  signal: 'SIGKILL',
  reason: 'it did not exit on SIGTERM',
};

/** SIGTERM, grace, SIGKILL. */
@injectable()
export class SignalTerminator implements Terminator {
  readonly #signaller: Signaller;

  constructor(@inject(SIGNALLER) signaller: Signaller) {
    this.#signaller = signaller;
  }

  async terminate(request: TerminationRequest): Promise<TerminationResult> {
    const hold = this.#signaller.hold(request);
    if (hold === undefined) {
      return VANISHED;
    }
    try {
      return withReach(await this.#escalate(hold, request), hold.reach?.());
    } finally {
      hold.close();
    }
  }

  async #escalate(hold: Hold, request: TerminationRequest): Promise<TerminationEnding> {
    const attempt = await hold.signal('SIGTERM');
    if (!attempt.isSent) {
      return attempt.ending;
    }
    return (await hold.exitsWithin(request.graceMs, STOP_KILL_SHARE, request.hurry))
      ? EXITED_AFTER_SIGTERM
      : await this.#force(hold, request);
  }

  /** The grace period is over. */
  async #force(hold: Hold, request: TerminationRequest): Promise<TerminationEnding> {
    const attempt = await hold.signal('SIGKILL');
    if (!attempt.isSent) {
      return await this.#endAfterSigterm(hold, attempt);
    }
    return (await hold.exitsWithin(SURVIVAL_MS))
      ? KILLED
      : { outcome: 'failed', signal: 'SIGKILL', reason: whyItLives(hold, request) };
  }

  async #endAfterSigterm(hold: Hold, { state, ending }: NotSent): Promise<TerminationEnding> {
    if (state === 'gone' || (state === 'exiting' && (await hold.exitsWithin(SURVIVAL_MS)))) {
      return EXITED_AFTER_SIGTERM;
    }
    return state === 'exiting'
      ? { outcome: 'failed', signal: 'SIGTERM', reason: 'it has begun to exit, and does not come to an end' }
      : { ...ending, signal: 'SIGTERM' };
  }
}

function withReach(ending: TerminationEnding, reach: Reach | undefined): TerminationResult {
  if (reach === undefined) {
    return ending;
  }
  const { signalled, whyAlone } = reach;
  const reason = whyAlone === undefined ? ending.reason : `${ending.reason}; ${whyAlone}`;
  return { ...ending, reason, signalled };
}

function whyItLives(hold: Hold, { stop }: TerminationRequest): string {
  if (stop.hasBegun) {
    return 'it had not exited after SIGKILL when the monitor stopped';
  }
  const tracerPid = hold.heldByPid();
  return tracerPid === undefined
    ? 'it does not exit after SIGKILL: it is stuck in the kernel (uninterruptible)'
    : `it does not exit after SIGKILL: it is held by a tracer (PID ${tracerPid}), which has to be ended for that`;
}
