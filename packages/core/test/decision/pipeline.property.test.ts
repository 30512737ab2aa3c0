import type { Decider, DeciderAnswer, Verdict } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import fc from 'fast-check';

import { DecisionPipeline } from '#src/decision/pipeline.js';
import { aViolation } from '../support/a-violation.js';
import { decider } from '../support/deciders.js';

type Voice =
  | { readonly kind: 'opinion'; readonly verdict: Verdict }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failing'; readonly onFailure: 'spare' | 'ignore' };

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ action: fc.constantFrom('kill', 'warn', 'spare') }),
  fc.record({ action: fc.constant('defer' as const), seconds: fc.nat(1000) }),
);
const voice: fc.Arbitrary<Voice> = fc.oneof(
  fc.record({ kind: fc.constant('opinion' as const), verdict }),
  fc.constant({ kind: 'silent' as const }),
  fc.record({ kind: fc.constant('failing' as const), onFailure: fc.constantFrom('spare', 'ignore') }),
);

function speaking(voice: Voice, index: number): Decider {
  const answer = (): DeciderAnswer => {
    if (voice.kind === 'failing') {
      throw new Error('a bug');
    }
    return voice.kind === 'opinion' ? { verdict: voice.verdict, reason: `opinion ${index}` } : undefined;
  };
  const onFailure = voice.kind === 'failing' ? voice.onFailure : 'spare';
  return decider(index % 2 === 0 ? answer : async () => answer(), { plugin: `p${index}`, onFailure });
}

async function decide(voices: readonly Voice[]) {
  let failures = 0;
  const pipeline = new DecisionPipeline(new FakeClock(), voices.map(speaking), () => {
    failures += 1;
  });
  return { ...(await pipeline.decide(aViolation())), failures };
}

/** What each voice makes of the verdict before it. */
function after(before: Verdict, voice: Voice): Verdict {
  if (voice.kind === 'opinion') {
    return voice.verdict;
  }
  return voice.kind === 'failing' && voice.onFailure === 'spare' ? { action: 'spare' } : before;
}

describe('the decision pipeline, whoever is asked,', () => {
  it('ends with the last opinion', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(voice), async (voices) => {
        const decision = await decide(voices);
        expect(decision.verdict).to.deep.equal(voices.reduce<Verdict>(after, { action: 'kill' }));
      }),
    );
  });

  it('has a trail of the limits and everybody who spoke or failed, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(voice), async (voices) => {
        const { trail } = await decide(voices);
        const spoke = voices.flatMap(({ kind }, index) => (kind === 'silent' ? [] : [`plugin:p${index}`]));
        expect(trail.map(({ source }) => source)).to.deep.equal(['limits', ...spoke]);
      }),
    );
  });

  it('has a last voice in the trail that says what the verdict says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(voice), async (voices) => {
        const decision = await decide(voices);
        expect(decision.trail.at(-1)?.action).to.equal(decision.verdict.action);
      }),
    );
  });

  it('tells every failure exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(voice), async (voices) => {
        const { failures } = await decide(voices);
        expect(failures).to.equal(voices.filter(({ kind }) => kind === 'failing').length);
      }),
    );
  });
});
