import type { Violation } from '../detection/violation.js';
import type { Outcome } from '../events.js';
import type { Signal } from '../ports.js';
import type { Stop } from './stop.js';

/** One process that is to be ended. */
export interface TerminationRequest {
  readonly violation: Violation;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Whether the process is let live if it shrinks below its limit during the grace period. */
  readonly maySpareInGrace: boolean;
  /** The decision's reason. */
  readonly why: string;
  /** Asked before each signal: a reload may have turned the monitor into a dry run. */
  readonly isArmed: () => boolean;
  /** Tells when the monitor stops. */
  readonly stop: Stop;
  /** Aborted when the rest of the grace period is not to be waited for: the machine itself is at stake by now. */
  readonly hurry?: AbortSignal;
}

/** How a termination ended. */
export interface TerminationEnding {
  readonly outcome: Exclude<Outcome, 'dry-run'>;
  /** The last signal that was sent. */
  readonly signal: Signal | undefined;
  /** In words. */
  readonly reason: string;
}

export interface TerminationResult extends TerminationEnding {
  /** A failure that may pass (the monitor was out of descriptors, say): the next scan tries again. */
  readonly mayRetry?: boolean;
  /** Nothing more is to be done about this process (it has been frozen, say), as long as its violation lasts. */
  readonly isFinal?: boolean;
  /** Where a violation has a target: how many processes were signalled. */
  readonly signalled?: number;
}

/** Carries out a `kill`. Never rejects: what goes wrong is an outcome. */
export interface Terminator {
  /** Ends the process, as gently as it can, and tells what became of it. */
  terminate(request: TerminationRequest): Promise<TerminationResult>;
}

/** What became of one signal. */
export type SignalAttempt =
  | { readonly isSent: true }
  | {
      readonly isSent: false;
      /**
       * `gone`, `exiting`: there is nobody left to signal. `forbidden`: a guard protects the process, or the monitor was
       * disarmed or is stopping. `below`: it has shrunk below its limit. `unreadable`: it can't be told any more.
       * `denied`: the kernel refused (EPERM).
       */
      readonly state: 'gone' | 'exiting' | 'forbidden' | 'below' | 'unreadable' | 'denied';
      /** How the termination ends if this was its first signal. */
      readonly ending: TerminationEnding;
    };

/** What stood in the way of a signal. */
export type NotSent = Extract<SignalAttempt, { readonly isSent: false }>;

/** What the signals of a termination have reached, of a target that may be many processes. */
export interface Reach {
  /** Processes that were sent a signal, each once. */
  readonly signalled: number;
  /** In words: why the last signal went to the violator alone; undefined where it did not. */
  readonly whyAlone: string | undefined;
}

/** A hold on the process that a termination is about. */
export interface Hold {
  /** Makes sure that this is still the process that was decided on, unprotected and over its limit; then signals it. */
  signal(signal: Signal): Promise<SignalAttempt>;
  /**
   * Resolves with true when the process has exited, and with false after `ms`. While the monitor stops, with false after
   * `stopShare` of the grace period, 0.95 if left out; with false also as soon as `hurry` is aborted.
   */
  exitsWithin(ms: number, stopShare?: number, hurry?: AbortSignal): Promise<boolean>;
  /** PID of whoever traces the process and holds it, so that no signal ends it; undefined if nobody does. */
  heldByPid(): number | undefined;
  /** Where the violation has a target: what the signals have reached. */
  reach?(): Reach;
  /** Lets the process go: no signal is sent through this hold any more. */
  close(): void;
}

/**
 * Sends signals as safely as the monitor itself does. A terminator of a plugin's own that signals through it keeps
 * every promise about who is never signalled.
 */
export interface Signaller {
  /** Undefined if the process is gone. */
  hold(request: TerminationRequest): Hold | undefined;
}
