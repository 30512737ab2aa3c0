import type { Clock } from '../ports.js';
import type { Violation } from '../detection/violation.js';
import { LATE, within } from '../deadline.js';
import { deepFreeze } from '../freeze.js';
import { messageOf } from '../errors.js';
import type { HookFailure } from '../hook-failure.js';
import { shortened } from '../log/shortened.js';
import { inGb } from '../units.js';
import type { Doubt, OnFailure } from './limits.js';
import type { Action, TrailEntry, Verdict } from './verdict.js';

/** A decider's answer: a verdict with its reason, or undefined for no opinion. */
export type DeciderAnswer = { readonly verdict: Verdict; readonly reason: string } | undefined;

/** A question that a plugin answers about each violation at each scan. */
export interface Decider {
  readonly plugin: string;
  /** What a failure of this decider means: the violator is spared (the default), or the decider counts as silent. */
  readonly onFailure: OnFailure;
  readonly deadlineMs: number;
  /** The verdict and its reason, or no opinion, given the verdict so far. */
  decide(violation: Violation, verdict: Verdict): DeciderAnswer | Promise<DeciderAnswer>;
}

/** A violation, its verdict, and who said what, in order. */
export interface Decision {
  readonly violation: Violation;
  readonly verdict: Verdict;
  readonly trail: readonly TrailEntry[];
}

/** How long the deciders may take together. What has not been asked by then counts as failed. */
const CHAIN_DEADLINE_MS = 2000;

/** Asks the limits first, then each decider in the configured order; the last opinion stands. */
export class DecisionPipeline {
  readonly #clock: Clock;
  readonly #deciders: readonly Decider[];
  readonly #onFailure: HookFailure;

  constructor(clock: Clock, deciders: readonly Decider[], onFailure: HookFailure) {
    this.#clock = clock;
    this.#deciders = deciders;
    this.#onFailure = onFailure;
  }

  /** Whether anybody would read a violation before it is acted on. */
  get hasDeciders(): boolean {
    return this.#deciders.length > 0;
  }

  /** `doubts`: plugins that could not be asked about the violator's limits. */
  async decide(violation: Violation, doubts: readonly Doubt[] = []): Promise<Decision> {
    const startedMs = this.#clock.monotonicMs();
    deepFreeze(violation);
    let verdict: Verdict = deepFreeze({ action: 'kill' });
    const trail = [trailEntry(this.#clock, sourceOf(violation), 'kill', limitReason(violation))];
    for (const doubt of doubts) {
      const answer = answerToFailure(doubt.onFailure, 'overrideLimits', doubt.message, verdict);
      verdict = answer.verdict;
      trail.push(trailEntry(this.#clock, `plugin:${doubt.plugin}`, verdict.action, answer.reason));
    }
    for (const decider of this.#deciders) {
      const askedMs = this.#clock.monotonicMs();
      const remainingMs = CHAIN_DEADLINE_MS - (askedMs - startedMs);
      const answer = await this.#ask(decider, violation, verdict, remainingMs);
      if (answer !== undefined) {
        verdict = answer.verdict;
        const tookMs = this.#clock.monotonicMs() - askedMs;
        trail.push(
          trailEntry(this.#clock, `plugin:${decider.plugin}`, verdict.action, answer.reason, tookMs),
        );
      }
    }
    return { violation, verdict, trail };
  }

  async #ask(
    decider: Decider,
    violation: Violation,
    verdict: Verdict,
    remainingMs: number,
  ): Promise<DeciderAnswer> {
    try {
      return validated(await this.#answerInTime(decider, violation, verdict, remainingMs));
    } catch (error) {
      this.#onFailure(decider.plugin, 'decide', error);
      return answerToFailure(decider.onFailure, 'decide', messageOf(error), verdict);
    }
  }

  async #answerInTime(
    decider: Decider,
    violation: Violation,
    verdict: Verdict,
    remainingMs: number,
  ): Promise<DeciderAnswer> {
    const deadlineMs = Math.min(decider.deadlineMs, remainingMs);
    if (deadlineMs <= 0) {
      throw new Error(`the deciders together took more than ${CHAIN_DEADLINE_MS} ms`);
    }
    const answer = await within(
      (ms, abort) => this.#clock.sleep(ms, abort),
      deadlineMs,
      decider.decide(violation, verdict),
    );
    if (answer === LATE) {
      throw new Error(`no answer within ${Math.round(deadlineMs)} ms`);
    }
    return answer;
  }
}

/** A trail entry as of now. */
export function trailEntry(
  clock: Clock,
  source: string,
  action: Action,
  reason: string,
  tookMs = 0,
): TrailEntry {
  return { source, action, reason, atMs: clock.now(), tookMs };
}

function answerToFailure(
  onFailure: OnFailure,
  hook: 'decide' | 'overrideLimits',
  message: string,
  verdict: Verdict,
): NonNullable<DeciderAnswer> {
  const what = hook === 'decide' ? 'failed' : 'failed to say what the limits are';
  const why = shortened(message);
  return onFailure === 'ignore'
    ? { verdict, reason: `${what} and is ignored: ${why}` }
    : { verdict: { action: 'spare' }, reason: `${what}, so the process is spared: ${why}` };
}

/** Who speaks first: the limits of the process, or the plugin that has raised the violation. */
function sourceOf({ raisedBy }: Violation): string {
  return raisedBy === undefined ? 'limits' : `plugin:${raisedBy}`;
}

function limitReason({ usedBytes, limitBytes, rule, ruleReason, raisedBy, measure }: Violation): string {
  if (raisedBy !== undefined) {
    return `${ruleReason ?? rule}: ${inGb(usedBytes)} is over ${inGb(limitBytes)}`;
  }
  const why = ruleReason === undefined ? '' : ` (${ruleReason})`;
  return `${measure} of ${inGb(usedBytes)} is over ${rule}${why}, ${inGb(limitBytes)}`;
}

const ACTIONS: readonly unknown[] = ['kill', 'warn', 'defer', 'spare'];

/** Plugins are plain JavaScript in the end: types promise nothing about their answers, or that they stay the same. */
function validated(answer: unknown): DeciderAnswer {
  if (answer === undefined) {
    return undefined;
  }
  const { verdict, reason } = (answer ?? {}) as {
    verdict?: { action?: unknown; seconds?: unknown };
    reason?: unknown;
  };
  const { action, seconds } = verdict ?? {};
  if (!isAction(action) || typeof reason !== 'string') {
    throw new Error('the answer is neither undefined nor { verdict: { action }, reason }');
  }
  const said = shortened(reason);
  if (action !== 'defer') {
    return deepFreeze({ verdict: { action }, reason: said });
  }
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw new Error('a verdict "defer" needs seconds, a number of 0 or more');
  }
  return deepFreeze({ verdict: { action, seconds }, reason: said });
}

function isAction(answer: unknown): answer is Action {
  return ACTIONS.includes(answer);
}
