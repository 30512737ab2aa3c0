import type { LiveConfiguration } from '../config/live-configuration.js';
import type { Decision } from '../decision/pipeline.js';
import type { RestartLoops } from '../decision/restart-loops.js';
import type { Episode } from '../detection/episodes.js';
import { messageOf } from '../errors.js';
import type { MonitorEmitter } from '../events.js';
import type { Stop } from './stop.js';
import type { TerminationRequest, TerminationResult, Terminator } from './terminator.js';

/** How often one violator is let live because it shrank in its grace period. */
const MOST_SPARED = 2;
/** How often a termination that failed by a fault of the monitor's is begun again. */
const MOST_FAILURES = 3;

/** Stage 5: carries decisions out, beside the loop, and tells how each termination ended. */
export class Dispatcher {
  readonly #configuration: LiveConfiguration;
  readonly #terminator: Terminator;
  readonly #restartLoops: RestartLoops;
  readonly #events: MonitorEmitter;
  readonly #stop: Stop;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    configuration: LiveConfiguration,
    terminator: Terminator,
    restartLoops: RestartLoops,
    events: MonitorEmitter,
    stop: Stop,
  ) {
    this.#configuration = configuration;
    this.#terminator = terminator;
    this.#restartLoops = restartLoops;
    this.#events = events;
    this.#stop = stop;
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
    const request = {
      violation: decision.violation,
      graceMs: this.#configuration.settings.graceSeconds * 1000,
      maySpareInGrace: episode.timesSpared < MOST_SPARED,
      why,
      isArmed: () => !this.#configuration.settings.dryRun,
      stop: this.#stop,
    };
    const termination = this.#terminate(request)
      .then((result) => {
        this.#finish(episode, decision, result);
      })
      .finally(() => {
        this.#underWay.delete(termination);
      });
    this.#underWay.add(termination);
  }

  /** A terminator can be replaced: one that breaks its promise never to reject is a failure, and no more. */
  async #terminate(request: TerminationRequest): Promise<TerminationResult> {
    try {
      return await this.#terminator.terminate(request);
    } catch (error) {
      return { outcome: 'failed', signal: undefined, reason: messageOf(error), tookMs: 0 };
    }
  }

  #finish(episode: Episode, { trail }: Decision, result: TerminationResult): void {
    const { mayRetry = false, ...ending } = result;
    const { outcome, signal } = ending;
    episode.isBeingTerminated = false;
    episode.toldAction = undefined;
    if (outcome === 'failed') {
      episode.timesFailed += 1;
      episode.isBeyondReach = !mayRetry || episode.timesFailed >= MOST_FAILURES;
      episode.toldAction = 'kill';
    }
    if (outcome === 'spared' && signal !== undefined) {
      episode.timesSpared += 1;
    }
    this.#events.emit('kill', { violation: episode.violation, ...ending, trail, dryRun: false });
    if (outcome === 'terminated' || outcome === 'killed') {
      this.#countRebirth(episode);
    }
  }

  #countRebirth({ violation }: Episode): void {
    const { unit, name } = violation.process;
    const rebirths = this.#restartLoops.count(violation.process);
    if (rebirths !== undefined && unit !== undefined) {
      this.#events.emit('restartLoop', { unit, name, rebirths });
    }
  }
}
