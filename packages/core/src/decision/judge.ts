import type { LiveConfiguration } from '../config/live-configuration.js';
import type { Episode, Episodes } from '../detection/episodes.js';
import type { Clock } from '../ports.js';
import { inSeconds } from '../units.js';
import type { BlastRadius } from './blast-radius.js';
import { trailEntry, type Decision, type DecisionPipeline } from './pipeline.js';
import { waitingForSharers } from './shared-memory.js';
import type { Action, Verdict } from './verdict.js';

export interface JudgedEpisode {
  readonly episode: Episode;
  readonly decision: Decision;
}

/** Stage 3: asks the pipeline about each violator, then holds the verdicts against the monitor's own bounds. */
export class Judge {
  readonly #configuration: LiveConfiguration;
  readonly #pipeline: DecisionPipeline;
  readonly #episodes: Episodes;
  readonly #blastRadius: BlastRadius;
  readonly #clock: Clock;

  constructor(
    configuration: LiveConfiguration,
    pipeline: DecisionPipeline,
    episodes: Episodes,
    blastRadius: BlastRadius,
    clock: Clock,
  ) {
    this.#configuration = configuration;
    this.#pipeline = pipeline;
    this.#episodes = episodes;
    this.#blastRadius = blastRadius;
    this.#clock = clock;
  }

  /** Decides on each violator that nothing is under way for, in the given order. What is under way and urgent is sped up. */
  async judge(violators: readonly Episode[]): Promise<JudgedEpisode[]> {
    for (const { hasten, violation } of violators) {
      if (violation.isUrgent === true) {
        hasten?.((violation.graceSeconds ?? this.#configuration.settings.graceSeconds) * 1000);
      }
    }
    const open = violators.filter(({ isBeingTerminated }) => !isBeingTerminated);
    const asked = await Promise.all(
      open.map(async (episode) => ({
        episode,
        decision: await this.#pipeline.decide(episode.violation, episode.doubts),
      })),
    );
    const bounded = asked.map(({ episode, decision }) => ({
      episode,
      decision: this.#boundDeferral(episode, decision),
    }));
    return this.#holdSharers(bounded).map((judged) => this.#capKills(judged));
  }

  /** When the first deferral runs out, on the monotonic clock; Infinity without one. */
  nextDeferralEndMs(): number {
    return this.#episodes
      .all()
      .map((episode) => this.#deferralEndMs(episode))
      .filter((endMs) => endMs > this.#clock.monotonicMs())
      .reduce((earliest, endMs) => Math.min(earliest, endMs), Number.POSITIVE_INFINITY);
  }

  #boundDeferral(episode: Episode, decision: Decision): Decision {
    if (decision.verdict.action !== 'defer') {
      episode.deferral = undefined;
      return decision;
    }
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = episode.deferral?.sinceMs ?? nowMs;
    episode.deferral = { sinceMs, seconds: decision.verdict.seconds };
    const reason = `deferred for ${inSeconds(nowMs - sinceMs)}: the kill stands`;
    return nowMs < this.#deferralEndMs(episode)
      ? decision
      : this.#with(decision, 'max-defer', { action: 'kill' }, reason);
  }

  #deferralEndMs({ deferral }: Episode): number {
    const { maxDeferSeconds } = this.#configuration.settings;
    return deferral === undefined
      ? Number.POSITIVE_INFINITY
      : deferral.sinceMs + Math.min(deferral.seconds, maxDeferSeconds) * 1000;
  }

  #holdSharers(judged: readonly JudgedEpisode[]): JudgedEpisode[] {
    const toKill = judged.filter(({ decision, episode }) => isToBeKilled(decision, episode));
    // A dry run holds the others back for as long as an armed one would: the first is never gone.
    const underWay = this.#episodes
      .all()
      .filter(({ isBeingTerminated, isDryRunTold }) => isBeingTerminated || isDryRunTold);
    const waiting = waitingForSharers(
      toKill.map(({ decision }) => decision.violation),
      underWay.map(({ violation }) => violation),
    );
    const seconds = this.#configuration.thresholds.checkIntervalSeconds;
    return judged.map(({ episode, decision }) => {
      const first = waiting.get(decision.violation);
      if (first === undefined) {
        return { episode, decision };
      }
      const reason = `most of its memory is shared: PID ${first.process.pid} goes first, then it is measured again`;
      return {
        episode,
        decision: this.#with(decision, 'shared-memory', { action: 'defer', seconds }, reason),
      };
    });
  }

  #capKills({ episode, decision }: JudgedEpisode): JudgedEpisode {
    if (!isToBeKilled(decision, episode)) {
      return { episode, decision };
    }
    const { maxKillsPerMinute } = this.#configuration.settings;
    const capped = this.#blastRadius.claim(decision.violation.process, maxKillsPerMinute);
    if (capped === undefined) {
      return { episode, decision };
    }
    return decision.violation.isUrgent === true
      ? {
          episode,
          decision: this.#with(decision, 'blast-radius', { action: 'kill' }, `${capped}, and this is urgent`),
        }
      : { episode, decision: this.#with(decision, 'blast-radius', { action: 'warn' }, capped) };
  }

  #with(decision: Decision, source: string, verdict: Verdict, reason: string): Decision {
    const action: Action = verdict.action;
    return {
      ...decision,
      verdict,
      trail: [...decision.trail, trailEntry(this.#clock, source, action, reason)],
    };
  }
}

/** Whether this decision is about to be carried out: it has not been, and it can be. */
function isToBeKilled({ verdict }: Decision, { isBeyondReach, isDryRunTold }: Episode): boolean {
  return verdict.action === 'kill' && !isBeyondReach && !isDryRunTold;
}
