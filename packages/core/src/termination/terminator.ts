import type { Violation } from '../detection/violation.js';
import type { Outcome } from '../events.js';
import type { TerminationSignal } from '../ports.js';
import type { Stop } from './stop.js';

export interface TerminationRequest {
  readonly violation: Violation;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Whether the process is let live if it shrinks below its limit during the grace period. */
  readonly maySpareInGrace: boolean;
  /** The decision's reason, for the intent record. */
  readonly why: string;
  /** Asked before each signal: a reload may have turned the monitor into a dry run. */
  readonly isArmed: () => boolean;
  /** Tells when the monitor stops. */
  readonly stop: Stop;
}

export interface TerminationResult {
  readonly outcome: Exclude<Outcome, 'dry-run'>;
  /** The last signal that was sent. */
  readonly signal: TerminationSignal | undefined;
  /** In words. */
  readonly reason: string;
  readonly tookMs: number;
  /** A failure that may pass (the monitor was out of descriptors, say): the next scan tries again. */
  readonly mayRetry?: boolean;
}

/** Carries out a `kill`. Never rejects: what goes wrong is an outcome. */
export interface Terminator {
  terminate(request: TerminationRequest): Promise<TerminationResult>;
}
