import { messageOf, type Decider, type Decision } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { DecisionPipeline } from '#src/decision/pipeline.js';
import { aViolation } from '../support/a-violation.js';
import { always, decider } from '../support/deciders.js';

const NEVER = new Promise<undefined>(() => {});

interface Asked {
  readonly decision: Decision;
  readonly failures: string[];
  readonly tookMs: number;
}

/** Asks the deciders about a violation, and lets as much time pass as they need. */
async function ask(deciders: readonly Decider[], clock = new FakeClock()): Promise<Asked> {
  const failures: string[] = [];
  const pipeline = new DecisionPipeline(clock, deciders, (plugin, hook, error) => {
    failures.push(`${plugin} ${hook}: ${messageOf(error)}`);
  });
  let decision: Decision | undefined;
  void pipeline.decide(aViolation()).then((made) => {
    decision = made;
  });
  await clock.advance(0);
  while (decision === undefined && clock.monotonicMs() < 10_000) {
    await clock.advance(1);
  }
  if (decision === undefined) {
    throw new Error('there is no decision after 10 s');
  }
  return { decision, failures, tookMs: clock.monotonicMs() };
}

const sources = ({ decision }: Asked): string[] =>
  decision.trail.map(({ source, action }) => `${source}: ${action}`);

describe('the decision pipeline', () => {
  it('kills whoever is over the limit where nobody objects, and says which limit', async () => {
    const { decision } = await ask([]);
    expect(decision.verdict).to.deep.equal({ action: 'kill' });
    expect(decision.trail.map(({ source, action, reason }) => ({ source, action, reason }))).to.deep.equal([
      { source: 'limits', action: 'kill', reason: 'rss of 3.50GB is over ram_gb_threshold, 2.00GB' },
    ]);
  });

  it('asks in order, and the last opinion stands', async () => {
    const asked = await ask([always('spare', 'first'), always('kill', 'second'), always('warn', 'third')]);
    expect(sources(asked)).to.deep.equal([
      'limits: kill',
      'plugin:first: spare',
      'plugin:second: kill',
      'plugin:third: warn',
    ]);
    expect(asked.decision.verdict).to.deep.equal({ action: 'warn' });
  });

  it('leaves out of the trail who has no opinion', async () => {
    const asked = await ask([always('spare', 'first'), decider(() => undefined, { plugin: 'silent' })]);
    expect(sources(asked)).to.deep.equal(['limits: kill', 'plugin:first: spare']);
  });

  it('tells each decider the verdict so far', async () => {
    const told: string[] = [];
    const curious = decider((_, { action }) => {
      told.push(action);
      return undefined;
    });
    await ask([curious, always('spare'), curious]);
    expect(told).to.deep.equal(['kill', 'spare']);
  });

  it('keeps the reason of each voice, when it spoke, and how long it took', async () => {
    const clock = new FakeClock();
    const slow = decider(async () => {
      await clock.sleep(300);
      return { verdict: { action: 'warn' }, reason: 'after some thought' };
    });
    const { decision } = await ask([slow], clock);
    const { reason, atMs, tookMs } = decision.trail[1]!;
    expect({ reason, atMs, tookMs }).to.deep.equal({
      reason: 'after some thought',
      atMs: clock.now(),
      tookMs: 300,
    });
  });

  it('hands out frozen payloads, all the way down', async () => {
    const thawed: string[] = [];
    const vandal = decider((violation, verdict) => {
      const targets = { violation, process: violation.process, verdict };
      thawed.push(
        ...Object.entries(targets).flatMap(([name, target]) => (Object.isFrozen(target) ? [] : [name])),
      );
      return undefined;
    });
    await ask([vandal, always('spare'), vandal]);
    expect(thawed).to.deep.equal([]);
  });

  it('keeps a verdict as it was given, whatever the plugin does to its answer later', async () => {
    const answer = { verdict: { action: 'warn' as 'warn' | 'kill' }, reason: 'really' };
    const fickle = decider(() => answer, { plugin: 'fickle' });
    const late = decider(() => {
      answer.verdict.action = 'kill';
      return undefined;
    });
    const { decision } = await ask([fickle, late]);
    expect(decision.verdict.action).to.equal('warn');
  });

  describe('spares when a decider', () => {
    const failing: Record<string, readonly [Decider['decide'], RegExp]> = {
      throws: [
        () => {
          throw new Error('a bug');
        },
        /^a bug$/,
      ],
      rejects: [async () => await Promise.reject(new Error('a bug')), /^a bug$/],
      'throws something that is no error': [
        () => {
          throw 'a string' as unknown as Error;
        },
        /^a string$/,
      ],
      'never answers': [() => NEVER, /^no answer within 1000 ms$/],
    };
    for (const [what, [decide, message]] of Object.entries(failing)) {
      it(what, async () => {
        const { decision, failures } = await ask([decider(decide)]);
        const reason = decision.trail.at(-1)?.reason ?? '';
        expect(decision.verdict).to.deep.equal({ action: 'spare' });
        expect(reason.replace(/^failed, so the process is spared: /, '')).to.match(message);
        expect(failures.map((failure) => failure.replace(/^test decide: /, ''))).to.have.length(1);
        expect(failures[0]?.replace(/^test decide: /, '')).to.match(message);
      });
    }

    const garbage: Record<string, unknown> = {
      null: null,
      'a number': 5,
      'the bare action': 'kill',
      'an unknown action': { verdict: { action: 'maim' }, reason: 'why not' },
      'no reason': { verdict: { action: 'kill' } },
      'no verdict': { reason: 'because' },
      'a deferral without a time': { verdict: { action: 'defer' }, reason: 'later' },
      'a deferral until the past': { verdict: { action: 'defer', seconds: -1 }, reason: 'later' },
      'a deferral of NaN seconds': { verdict: { action: 'defer', seconds: NaN }, reason: 'later' },
    };
    for (const [what, answer] of Object.entries(garbage)) {
      it(`answers ${what}`, async () => {
        const { decision, failures } = await ask([decider((() => answer) as Decider['decide'])]);
        expect(decision.verdict).to.deep.equal({ action: 'spare' });
        expect(failures).to.have.length(1);
      });
    }
  });

  it('ignores a failed decider where on_failure says so, and keeps that in the trail', async () => {
    const broken = decider(
      () => {
        throw new Error('a bug');
      },
      { plugin: 'broken', onFailure: 'ignore' },
    );
    const asked = await ask([always('warn', 'first'), broken]);
    expect(sources(asked)).to.deep.equal(['limits: kill', 'plugin:first: warn', 'plugin:broken: warn']);
    expect(asked.decision.trail.at(-1)?.reason).to.equal('failed and is ignored: a bug');
    expect(asked.failures).to.deep.equal(['broken decide: a bug']);
  });

  it('lets a later decider overrule what a failure meant', async () => {
    const asked = await ask([decider(() => NEVER), always('kill', 'sure')]);
    expect(asked.decision.verdict).to.deep.equal({ action: 'kill' });
  });

  it('waits for a decider no longer than its own deadline', async () => {
    const { tookMs } = await ask([decider(() => NEVER, { deadlineMs: 200 })]);
    expect(tookMs).to.equal(200);
  });

  it('disregards an answer that comes after the deadline', async () => {
    const clock = new FakeClock();
    const late = decider(async () => {
      await clock.sleep(1500);
      return { verdict: { action: 'kill' }, reason: 'too late' };
    });
    const { decision } = await ask([late], clock);
    await clock.advance(1000);
    expect(decision.verdict).to.deep.equal({ action: 'spare' });
    expect(decision.trail).to.have.length(2);
  });

  it('gives all deciders together two seconds, and does not ask who comes after that', async () => {
    const isAsked: string[] = [];
    const hanging = (plugin: string) =>
      decider(
        () => {
          isAsked.push(plugin);
          return NEVER;
        },
        { plugin, deadlineMs: 1500 },
      );
    const { tookMs, failures } = await ask([hanging('a'), hanging('b'), hanging('c')]);
    expect(tookMs).to.equal(2000);
    expect(isAsked).to.deep.equal(['a', 'b']);
    expect(failures).to.deep.equal([
      'a decide: no answer within 1500 ms',
      'b decide: no answer within 500 ms',
      'c decide: the deciders together took more than 2000 ms',
    ]);
  });
});
