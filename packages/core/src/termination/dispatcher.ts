import type { LiveConfiguration } from '../config/live-configuration.js';
import { LATE, within } from '../deadline.js';
import type { Decision } from '../decision/pipeline.js';
import type { RestartLoops } from '../decision/restart-loops.js';
import type { Episode } from '../detection/episodes.js';
import { isPressing } from '../detection/violation.js';
import { messageOf } from '../errors.js';
import type { MonitorEmitter, Outcome } from '../events.js';
import { shortened } from '../log/shortened.js';
import type { Clock, Signal } from '../ports.js';
import { LONGEST_TELLING_MS, type IntentRecorder } from './intent-recorder.js';
import type { Stop } from './stop.js';
import type { TerminationRequest, TerminationResult, Terminator } from './terminator.js';

/** How often one violator is let live because it shrank in its grace period. */
const MOST_SPARED = 2;
/** How often a termination that failed by a fault of the monitor's is begun again. */
const MOST_FAILURES = 3;
/** How much longer than the grace period a terminator may take: one that never answers holds no stop up. */
const LONGEST_MS = 60_000;
const LONGEST_AFTER_STOP_MS = 1000;

const SIGNALS: ReadonlySet<unknown> = new Set<Signal>(['SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGCONT']);
/** What a terminator may answer. */
const OUTCOMES: ReadonlySet<unknown> = new Set<Exclude<Outcome, 'dry-run'>>([
  'terminated',
  'killed',
  'vanished',
  'spared',
  'failed',
]);

/** Stage 5: carries decisions out, beside the loop, and tells how each termination ended. */
export class Dispatcher {
  readonly #configuration: LiveConfiguration;
  readonly #terminator: () => TerminatorInForce;
  readonly #intents: IntentRecorder;
  readonly #restartLoops: RestartLoops;
  readonly #events: MonitorEmitter;
  readonly #clock: Clock;
  readonly #stop: Stop;
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: {
    readonly configuration: LiveConfiguration;
    /** Asked for each termination: a reload may put another one in force. */
    readonly terminator: () => TerminatorInForce;
    readonly intents: IntentRecorder;
    readonly restartLoops: RestartLoops;
    readonly events: MonitorEmitter;
    readonly clock: Clock;
    readonly stop: Stop;
  }) {
    this.#configuration = parts.configuration;
    this.#terminator = parts.terminator;
    this.#intents = parts.intents;
    this.#restartLoops = parts.restartLoops;
    this.#events = parts.events;
    this.#clock = parts.clock;
    this.#stop = parts.stop;
  }

  get countUnderWay(): number {
    return this.#underWay.size;
  }

  /** Tells a decision if it is news, and begins the termination if it asks for one. Returns whether it began one. */
  dispatch(episode: Episode, decision: Decision): boolean {
    const { dryRun } = this.#configuration.settings;
    const { action } = decision.verdict;
    const { violation, trail } = decision;
    const reason = trail.at(-1)?.reason ?? '';
    if (action !== episode.toldAction) {
      episode.toldAction = action;
      this.#events.emit('decision', { violation, action, reason, trail, dryRun });
    }
    if (action !== 'kill' || episode.isBeyondReach || this.#stop.hasBegun) {
      return false;
    }
    if (dryRun) {
      this.#tellDryRun(episode, decision, reason);
      return false;
    }
    this.#begin(episode, decision, reason);
    return true;
  }

  /** Resolves when every termination has come to its end. Never rejects. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #tellDryRun(episode: Episode, { violation, trail }: Decision, reason: string): void {
    if (!episode.isDryRunTold) {
      episode.isDryRunTold = true;
      const payload = {
        violation,
        outcome: 'dry-run',
        signal: undefined,
        reason,
        trail,
        dryRun: true,
        tookMs: 0,
      } as const;
      this.#events.emit('kill', payload);
    }
  }

  #begin(episode: Episode, decision: Decision, why: string): void {
    episode.isBeingTerminated = true;
    const { violation } = decision;
    const beganMs = this.#clock.monotonicMs();
    const hurry = new AbortController();
    episode.hasten = this.#hastening(hurry, beganMs);
    const request = {
      violation,
      graceMs: (violation.graceSeconds ?? this.#configuration.settings.graceSeconds) * 1000,
      maySpareInGrace: episode.timesSpared < MOST_SPARED,
      why,
      isArmed: () => !this.#configuration.settings.dryRun,
      stop: this.#stop,
      hurry: hurry.signal,
    };
    const termination = this.#terminate(episode, decision, request, beganMs).finally(() => {
      hurry.abort();
      this.#underWay.delete(termination);
    });
    this.#underWay.add(termination);
  }

  /** Ends the grace period so long after the beginning; the shortest that is asked for counts. */
  #hastening(hurry: AbortController, beganMs: number): (graceMs: number) => void {
    let shortestMs = Number.POSITIVE_INFINITY;
    return (graceMs) => {
      if (graceMs < shortestMs) {
        shortestMs = graceMs;
        const leftMs = Math.max(0, beganMs + graceMs - this.#clock.monotonicMs());
        void this.#clock.sleep(leftMs, hurry.signal).then(() => {
          hurry.abort();
        });
      }
    };
  }

  /** The intent lasts until the end has been told: whoever keeps account of kills by events loses none to a crash. */
  async #terminate(
    episode: Episode,
    decision: Decision,
    request: TerminationRequest,
    beganMs: number,
  ): Promise<void> {
    const recorded = this.#record(request);
    if (!isPressing(request.violation)) {
      await recorded;
    }
    const result = await this.#resultOf(this.#terminator(), request);
    const told = this.#finish(episode, decision, result, this.#clock.monotonicMs() - beganMs);
    await within((ms, abort) => this.#stop.sleep(ms, request.graceMs, abort), LONGEST_TELLING_MS, told);
    await recorded;
    await this.#intents.end(request, result);
  }

  /** The record of what presses is begun when the signal is on its way. */
  async #record(request: TerminationRequest): Promise<void> {
    if (isPressing(request.violation)) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await this.#intents.begin(request);
  }

  /** A terminator can be replaced: one that breaks its promises is a failure, and no more. */
  async #resultOf(
    { terminator, onFailure }: TerminatorInForce,
    request: TerminationRequest,
  ): Promise<TerminationResult> {
    try {
      const result = await within(
        (ms, abort) => this.#stop.sleep(ms, request.graceMs + LONGEST_AFTER_STOP_MS, abort),
        request.graceMs + LONGEST_MS,
        terminator.terminate(request),
      );
      if (result === LATE) {
        const late = new Error('the terminator has not come to an end');
        onFailure(late);
        return { outcome: 'failed', signal: undefined, reason: late.message };
      }
      return validated(result);
    } catch (error) {
      onFailure(error);
      return { outcome: 'failed', signal: undefined, reason: shortened(messageOf(error)), mayRetry: true };
    }
  }

  /** Resolves when nobody is at work with the event any more. */
  #finish(episode: Episode, { trail }: Decision, result: TerminationResult, tookMs: number): Promise<void> {
    const { outcome, signal, reason, signalled, mayRetry = false, isFinal = false } = result;
    episode.isBeingTerminated = false;
    episode.hasten = undefined;
    episode.toldAction = undefined;
    if (outcome === 'failed') {
      episode.timesFailed += 1;
      episode.isBeyondReach = !mayRetry || episode.timesFailed >= MOST_FAILURES;
      episode.toldAction = 'kill';
    }
    if (outcome === 'spared' && signal !== undefined) {
      episode.timesSpared += 1;
    }
    if (isFinal) {
      episode.isBeyondReach = true;
      episode.toldAction = 'kill';
    }
    const { violation } = episode;
    const reach = signalled === undefined ? {} : { signalled };
    const kill = { violation, outcome, signal, reason, ...reach, trail, dryRun: false, tookMs };
    const told = this.#events.tell('kill', kill);
    if (outcome === 'terminated' || outcome === 'killed') {
      this.#countRebirth(episode);
    }
    return told;
  }

  #countRebirth({ violation }: Episode): void {
    const { unit, name } = violation.process;
    const rebirths = this.#restartLoops.count(violation.process);
    if (rebirths !== undefined && unit !== undefined) {
      this.#events.emit('restartLoop', { unit, name, rebirths });
    }
  }
}

/** The terminator of the plugins that are in force, and whom to tell when it fails. */
export interface TerminatorInForce {
  readonly terminator: Terminator;
  readonly onFailure: (error: unknown) => void;
}

/** A plugin's terminator is plain JavaScript in the end: types promise nothing about its answer. */
function validated(result: unknown): TerminationResult {
  const { outcome, reason, signal, signalled, mayRetry, isFinal } = (result ?? {}) as Partial<
    Record<keyof TerminationResult, unknown>
  >;
  if (!OUTCOMES.has(outcome) || typeof reason !== 'string') {
    throw new Error('the terminator answered neither an outcome nor a reason');
  }
  if (signal !== undefined && !SIGNALS.has(signal)) {
    throw new Error('the terminator answered a signal that there is not');
  }
  return {
    outcome: outcome as TerminationResult['outcome'],
    signal: signal as TerminationResult['signal'],
    reason: shortened(reason),
    mayRetry: mayRetry === true,
    isFinal: isFinal === true,
    ...(typeof signalled === 'number' ? { signalled } : {}),
  };
}
