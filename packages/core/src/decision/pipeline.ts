import type { Clock } from '../ports.js';
import type { Violation } from '../detection/violation.js';
import { deepFreeze } from '../freeze.js';
import { messageOf } from '../errors.js';
import { inGb } from '../units.js';
import type { Action, TrailEntry, Verdict } from './verdict.js';

/** A decider's answer: a verdict with its reason, or undefined for no opinion. */
export type DeciderAnswer = { readonly verdict: Verdict; readonly reason: string } | undefined;

/** A question that a plugin answers about each violation at each scan. */
export interface Decider {
  readonly plugin: string;
  /** What a failure of this decider means: the violator is spared (the default), or the decider counts as silent. */
  readonly onFailure: 'spare' | 'ignore';
  readonly deadlineMs: number;
  decide(violation: Violation, verdict: Verdict): DeciderAnswer | Promise<DeciderAnswer>;
}

/** A violation, its verdict, and who said what, in order. */
export interface Decision {
  readonly violation: Violation;
  readonly verdict: Verdict;
  readonly trail: readonly TrailEntry[];
}

/** Called for a decider that throws, is late, or answers garbage. */
export type DeciderFailure = (plugin: string, hook: 'decide', message: string) => void;

/** How long the deciders may take together. What has not been asked by then counts as failed. */
const CHAIN_DEADLINE_MS = 2000;

/** Asks the limits first, then each decider in the configured order; the last opinion stands. */
export class DecisionPipeline {
  readonly #clock: Clock;
  readonly #deciders: readonly Decider[];
  readonly #onFailure: DeciderFailure;

  constructor(clock: Clock, deciders: readonly Decider[], onFailure: DeciderFailure) {
    this.#clock = clock;
    this.#deciders = deciders;
    this.#onFailure = onFailure;
  }

  /** Whether anybody would read a violation before it is acted on. */
  get hasDeciders(): boolean {
    return this.#deciders.length > 0;
  }

  async decide(violation: Violation): Promise<Decision> {
    const startedMs = this.#clock.monotonicMs();
    deepFreeze(violation);
    let verdict: Verdict = deepFreeze({ action: 'kill' });
    const trail = [trailEntry(this.#clock, 'limits', 'kill', limitReason(violation))];
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
      const message = messageOf(error);
      this.#onFailure(decider.plugin, 'decide', message);
      return decider.onFailure === 'ignore'
        ? { verdict, reason: `failed and is ignored: ${message}` }
        : { verdict: { action: 'spare' }, reason: `failed, so the process is spared: ${message}` };
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
    const answered = new AbortController();
    const late = this.#clock.sleep(deadlineMs, answered.signal).then((): never => {
      throw new Error(`no answer within ${Math.round(deadlineMs)} ms`);
    });
    try {
      return await Promise.race([decider.decide(violation, verdict), late]);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
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

function limitReason({ usedBytes, limitBytes, rule, measure }: Violation): string {
  return `${measure} of ${inGb(usedBytes)} is over ${rule}, ${inGb(limitBytes)}`;
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
  if (action !== 'defer') {
    return deepFreeze({ verdict: { action }, reason });
  }
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw new Error('a verdict "defer" needs seconds, a number of 0 or more');
  }
  return deepFreeze({ verdict: { action, seconds }, reason });
}

function isAction(answer: unknown): answer is Action {
  return ACTIONS.includes(answer);
}
