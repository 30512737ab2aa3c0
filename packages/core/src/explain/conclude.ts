import type { JudgedEpisode } from '../decision/judge.js';
import type { Decision } from '../decision/pipeline.js';
import { inGb } from '../units.js';
import type { Explanation } from './explanation.js';

/** A violator; without a decision where its termination is under way. */
export type Previewed = Pick<JudgedEpisode, 'episode'> & Partial<Pick<JudgedEpisode, 'decision'>>;

type Facts = Omit<Explanation, 'conclusion'>;

/** One sentence: what would happen to the process now, and why. */
export function conclude(facts: Facts, judged: Previewed | undefined, graceSeconds: number): string {
  const { limit, measure, ownBytes, protection } = facts;
  if (protection !== undefined) {
    return `It is never ended: ${protection.reason}.`;
  }
  if (judged === undefined) {
    return ownBytes === undefined
      ? `Nothing would happen: its ${measure} can not be read.`
      : `Nothing would happen: it has ${inGb(ownBytes)}, and ${limitInWords(limit.limitBytes)}.`;
  }
  const { episode, decision } = judged;
  if (decision === undefined || episode.isBeingTerminated) {
    return 'It is being ended already.';
  }
  if (decision.verdict.action === 'kill' && episode.isBeyondReach) {
    return 'Nothing more would happen: it can not be ended, or has been dealt with.';
  }
  return `${consequence(decision, facts.dryRun, graceSeconds)}: ${decision.trail.at(-1)?.reason ?? ''}.`;
}

function limitInWords(bytes: number): string {
  return bytes === Infinity ? 'there is no limit for it' : `its limit is ${inGb(bytes)}`;
}

function consequence({ verdict }: Decision, dryRun: boolean, graceSeconds: number): string {
  switch (verdict.action) {
    case 'kill':
      return dryRun
        ? 'It would be ended, if this were not a dry run'
        : `It would be ended, by SIGTERM and after ${graceSeconds} s by SIGKILL`;
    case 'warn':
      return 'It would be let live, with a warning';
    case 'defer':
      return `It would be let live for now, for up to ${verdict.seconds} s`;
    case 'spare':
      return 'It would be let live';
  }
}
