import { inject, injectable } from '../container/token.js';
import { CLOCK, GUARDS, INTENT_LOG, LOGGER, PROCESS_HANDLES, PROCESS_SOURCE } from '../container/tokens.js';
import type { Guards } from '../decision/guards.js';
import { wholeNameOf } from '../decision/whole-name.js';
import { quickMeasure } from '../detection/measure.js';
import type { Violation } from '../detection/violation.js';
import { messageOf } from '../errors.js';
import type {
  Clock,
  IntentLog,
  Logger,
  ProcessHandle,
  ProcessHandles,
  ProcessSource,
  SlowFacts,
  TerminationSignal,
} from '../ports.js';
import { inGb } from '../units.js';
import type { TerminationRequest, TerminationResult, Terminator } from './terminator.js';

/** How long a signal waits for its intent record: a stalled disk must not hold it up. */
const INTENT_DEADLINE_MS = 100;
/** How long the slow facts of a last check may take. */
const SLOW_FACTS_DEADLINE_MS = 250;
/** A process that has not exited so long after SIGKILL is stuck in the kernel. Freeing many gigabytes takes seconds. */
const SURVIVAL_MS = 15_000;
/** Shares of the grace period in which a stopping monitor sends the last SIGKILL, and in which it has seen the exit. */
const STOP_KILL_SHARE = 0.8;
const STOP_EXIT_SHARE = 0.95;

/** What the check right before a signal found, and whether the signal was refused; with a reason in words. */
interface Attempt {
  readonly state: 'over' | 'gone' | 'exiting' | 'forbidden' | 'below' | 'unreadable' | 'denied';
  readonly reason: string;
}

type Ending = Omit<TerminationResult, 'tookMs'>;

const GONE: Attempt = { state: 'gone', reason: 'it is gone' };
const OVER: Attempt = { state: 'over', reason: 'it is over its limit' };
const VANISHED: Ending = {
  outcome: 'vanished',
  signal: undefined,
  reason: 'it was gone before the first signal',
};
const EXITED_AFTER_SIGTERM: Ending = {
  outcome: 'terminated',
  signal: 'SIGTERM',
  reason: 'it exited after SIGTERM',
};
const KILLED: Ending = { outcome: 'killed', signal: 'SIGKILL', reason: 'it did not exit on SIGTERM' };

/** SIGTERM, SIGCONT, grace, SIGKILL: handle first, then the check, then the signal. */
@injectable()
export class SignalTerminator implements Terminator {
  readonly #handles: ProcessHandles;
  readonly #source: ProcessSource;
  readonly #guards: Guards;
  readonly #intents: IntentLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #isIntentFailureTold = false;

  constructor(
    @inject(PROCESS_HANDLES) handles: ProcessHandles,
    @inject(PROCESS_SOURCE) source: ProcessSource,
    @inject(GUARDS) guards: Guards,
    @inject(INTENT_LOG) intents: IntentLog,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    this.#handles = handles;
    this.#source = source;
    this.#guards = guards;
    this.#intents = intents;
    this.#clock = clock;
    this.#logger = logger;
  }

  async terminate(request: TerminationRequest): Promise<TerminationResult> {
    const startedMs = this.#clock.monotonicMs();
    const ended = (ending: Ending): TerminationResult => ({
      ...ending,
      tookMs: this.#clock.monotonicMs() - startedMs,
    });
    let handle: ProcessHandle | undefined;
    try {
      handle = this.#handles.open(request.violation.process);
      if (handle === undefined) {
        return ended(VANISHED);
      }
      await this.#recordIntent(request);
      const result = ended(await this.#escalate(handle, request));
      await this.#recordEnd(request, result);
      return result;
    } catch (error) {
      const result = ended({
        outcome: 'failed',
        signal: undefined,
        reason: messageOf(error),
        mayRetry: true,
      });
      await this.#recordEnd(request, result);
      return result;
    } finally {
      handle?.close();
    }
  }

  async #escalate(handle: ProcessHandle, request: TerminationRequest): Promise<Ending> {
    if (request.stop.hasBegun) {
      return { outcome: 'spared', signal: undefined, reason: 'the monitor is stopping' };
    }
    const { state, reason } = await this.#attempt(handle, request, 'SIGTERM');
    switch (state) {
      case 'over':
        return (await this.#exitsWithin(handle, request, request.graceMs, STOP_KILL_SHARE))
          ? EXITED_AFTER_SIGTERM
          : await this.#force(handle, request);
      case 'gone':
      case 'exiting':
        return VANISHED;
      case 'denied':
        return { outcome: 'failed', signal: undefined, reason };
      case 'forbidden':
      case 'below':
      case 'unreadable':
        return { outcome: 'spared', signal: undefined, reason };
    }
  }

  /** The grace period is over. */
  async #force(handle: ProcessHandle, request: TerminationRequest): Promise<Ending> {
    const { state, reason } = await this.#attempt(handle, request, 'SIGKILL');
    switch (state) {
      case 'over':
        return (await this.#exitsWithin(handle, request, SURVIVAL_MS, STOP_EXIT_SHARE))
          ? KILLED
          : { outcome: 'failed', signal: 'SIGKILL', reason: whyItLives(request) };
      case 'gone':
        return EXITED_AFTER_SIGTERM;
      case 'exiting':
        return (await this.#exitsWithin(handle, request, SURVIVAL_MS, STOP_EXIT_SHARE))
          ? EXITED_AFTER_SIGTERM
          : {
              outcome: 'failed',
              signal: 'SIGTERM',
              reason: 'it has begun to exit, and does not come to an end',
            };
      case 'denied':
        return { outcome: 'failed', signal: 'SIGTERM', reason };
      case 'forbidden':
      case 'below':
      case 'unreadable':
        return { outcome: 'spared', signal: 'SIGTERM', reason };
    }
  }

  /** Looks again and signals in the same turn, so that nothing of ours comes between check and signal. */
  async #attempt(
    handle: ProcessHandle,
    request: TerminationRequest,
    signal: TerminationSignal,
  ): Promise<Attempt> {
    const slow = await this.#slowFacts(handle, request.violation);
    const check = this.#check(handle, request, slow, signal);
    if (check.state !== 'over') {
      return check;
    }
    const result = handle.signal(signal);
    if (result !== 'sent') {
      return result === 'denied'
        ? { state: 'denied', reason: `permission denied for ${signal}: run as root` }
        : GONE;
    }
    if (signal === 'SIGTERM') {
      handle.signal('SIGCONT');
    }
    return check;
  }

  #check(
    handle: ProcessHandle,
    request: TerminationRequest,
    slow: SlowFacts,
    signal: TerminationSignal,
  ): Attempt {
    const { measure, limitBytes } = request.violation;
    const inspection = handle.inspect();
    if (inspection === undefined) {
      return GONE;
    }
    if (!request.isArmed()) {
      return { state: 'forbidden', reason: 'the monitor has been disarmed' };
    }
    if (inspection.isExiting) {
      return { state: 'exiting', reason: 'it is exiting' };
    }
    const finding = this.#guards.check({ inspection, wholeName: wholeNameOf(inspection, slow.commandLine) });
    if (finding !== undefined) {
      return { state: 'forbidden', reason: finding.reason };
    }
    if (signal === 'SIGKILL' && !request.maySpareInGrace) {
      return OVER;
    }
    const quickBytes = quickMeasure(measure, inspection.rssBytes, inspection.sharedBytes);
    if (measure === 'pss' && quickBytes > limitBytes && slow.pssBytes === undefined) {
      return { state: 'unreadable', reason: 'its proportional set size can not be read any more' };
    }
    const usedBytes = Math.min(quickBytes, slow.pssBytes ?? quickBytes);
    return usedBytes > limitBytes
      ? OVER
      : { state: 'below', reason: `it has shrunk to ${inGb(usedBytes)}, its limit is ${inGb(limitBytes)}` };
  }

  async #slowFacts(handle: ProcessHandle, { measure }: Violation): Promise<SlowFacts> {
    const inspection = handle.inspect();
    const wanted = {
      pss: measure === 'pss',
      commandLine: inspection !== undefined && this.#guards.needsWholeName(inspection),
    };
    return wanted.pss || wanted.commandLine
      ? await this.#source.inspectSlowly(handle.identity, wanted, SLOW_FACTS_DEADLINE_MS)
      : { commandLine: undefined, pssBytes: undefined };
  }

  async #exitsWithin(
    handle: ProcessHandle,
    request: TerminationRequest,
    ms: number,
    stopShare: number,
  ): Promise<boolean> {
    const over = new AbortController();
    const timeout = request.stop.sleep(ms, request.graceMs * stopShare, over.signal).then(() => false);
    const exit = handle.waitForExit(over.signal);
    try {
      return await Promise.race([exit, timeout]);
    } finally {
      over.abort();
    }
  }

  async #recordIntent({ violation, why }: TerminationRequest): Promise<void> {
    const { pid, startTime, name, uid, user, rssBytes } = violation.process;
    const { limitBytes, rule } = violation;
    const intent = {
      pid,
      startTime,
      name,
      uid,
      user,
      rssBytes,
      limitBytes,
      rule,
      why,
      atMs: this.#clock.now(),
    };
    const written = this.#intents.begin(intent).catch((error: unknown) => {
      this.#tellIntentFailure(error);
    });
    const done = new AbortController();
    await Promise.race([written, this.#clock.sleep(INTENT_DEADLINE_MS, done.signal)]);
    done.abort();
  }

  async #recordEnd(
    { violation, stop, graceMs }: TerminationRequest,
    { outcome }: TerminationResult,
  ): Promise<void> {
    const done = new AbortController();
    const written = this.#intents.end(violation.process, outcome).catch(() => undefined);
    await Promise.race([written, stop.sleep(INTENT_DEADLINE_MS, graceMs, done.signal)]);
    done.abort();
  }

  /** One sentence, however many kills it concerns. */
  #tellIntentFailure(error: unknown): void {
    if (!this.#isIntentFailureTold) {
      this.#isIntentFailureTold = true;
      const message = `Kills can not be recorded before they happen, so a crash during one would go unreported: ${messageOf(error)}`;
      this.#logger.warn({ event: 'intent' }, message);
    }
  }
}

function whyItLives({ stop }: TerminationRequest): string {
  return stop.hasBegun
    ? 'it had not exited after SIGKILL when the monitor stopped'
    : 'it does not exit after SIGKILL: it is stuck in the kernel (uninterruptible)';
}
