import type {
  DetectAnswer,
  Detection,
  DetectScan,
  PluginDetector,
  ProcessIdentity,
} from '@memory-monitor/core';
import { FakeClock, settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { raise, type Raised } from '#src/detection/raised.js';
import { columnsOf } from '../support/columns.js';

const MEMORY = { totalBytes: 100, availableBytes: 40, usedBytes: 60 };
const TWENTY = columnsOf(
  ...Array.from({ length: 20 }, (_, index) => ({ pid: index + 1, startTime: 100 + index })),
);
const identity = (pid: number) => ({ pid, startTime: 99 + pid });

const detection = (more: Partial<Detection> = {}): Detection => ({
  processes: [identity(1)],
  usedBytes: 10,
  limitBytes: 5,
  reason: 'too much',
  ...more,
});

describe('what plugins raise', () => {
  let clock: FakeClock;
  let failures: string[];
  let beyondReach: ProcessIdentity[];
  beforeEach(() => {
    clock = new FakeClock();
    failures = [];
    beyondReach = [];
  });

  const raisedBy = async (...detects: readonly PluginDetector['detect'][]): Promise<Raised[]> => {
    const detectors = detects.map((detect, index) => ({ plugin: `p${index}`, deadlineMs: 500, detect }));
    const going = { terminating: [identity(20)], beyondReach };
    return await raise(detectors, TWENTY, MEMORY, going, clock, (plugin, hook, error) => {
      failures.push(`${plugin} ${hook}: ${(error as Error).message}`);
    });
  };
  const answering = (answer: unknown) => () => answer as DetectAnswer;
  const pidsOf = (raised: readonly Raised[]): number[] => raised.map(({ sample }) => sample.pid);

  it('comes with whose it is and the sample that it is about, in the order of plugins and processes', async () => {
    const raised = await raisedBy(
      async () => {
        await settle();
        return [detection({ processes: [identity(3), identity(2)] })];
      },
      answering([detection({ reason: 'a' }), detection({ reason: 'b', processes: [identity(4)] })]),
    );
    expect(raised.map(({ finding, sample }) => [finding.plugin, finding.reason, sample.pid])).to.deep.equal([
      ['p0', 'too much', 3],
      ['p0', 'too much', 2],
      ['p1', 'a', 1],
      ['p1', 'b', 4],
    ]);
    expect(raised[0]?.finding).to.equal(raised[1]?.finding);
    expect(raised[0]?.sample).to.include({ pid: 3, startTime: 102 });
  });

  it('is nothing where nobody has an opinion', async () => {
    expect(await raisedBy()).to.deep.equal([]);
    expect(await raisedBy(answering(undefined), answering([]))).to.deep.equal([]);
    expect(failures).to.deep.equal([]);
  });

  it('is about processes of this scan alone: not one that is gone, or has another start time', async () => {
    const processes = [{ pid: 999, startTime: 1 }, { ...identity(2), startTime: 1 }, identity(3)];
    expect(pidsOf(await raisedBy(answering([detection({ processes })])))).to.deep.equal([3]);
    expect(await raisedBy(answering([detection({ processes: [] })]))).to.deep.equal([]);
    expect(failures).to.deep.equal([]);
  });

  it('is about eight processes of each finding, the first ones', async () => {
    const processes = Array.from({ length: 20 }, (_, index) => identity(20 - index));
    const raised = await raisedBy(answering([detection({ processes }), detection()]));
    expect(pidsOf(raised)).to.deep.equal([20, 19, 18, 17, 16, 15, 14, 13, 1]);
  });

  it('is about eight that can be ended, however many before them can not, and about eight of those', async () => {
    const processes = Array.from({ length: 20 }, (_, index) => identity(index + 1));
    beyondReach = processes.slice(0, 11);
    const raised = await raisedBy(answering([detection({ processes })]));
    expect(pidsOf(raised)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  const garbage: Record<string, unknown> = {
    null: null,
    'a number': 7,
    'one finding outside of a list': detection(),
    'a list with a hole in it': [detection(), undefined],
    'a list of nothing': [null],
    'no processes': [detection({ processes: undefined as never })],
    'a PID alone': [detection({ processes: [7 as never] })],
    'a process without its start time': [detection({ processes: [{ pid: 1 } as never] })],
    'a PID in text': [detection({ processes: [{ pid: '1', startTime: 100 } as never] })],
    'a PID that is a fraction': [detection({ processes: [{ pid: 1.5, startTime: 100 }] })],
    'an amount in text': [detection({ usedBytes: '10' as never })],
    'an amount below zero': [detection({ limitBytes: -1 })],
    'an amount that is no number': [detection({ usedBytes: NaN })],
    'an amount without end': [detection({ usedBytes: Infinity, limitBytes: Infinity })],
    'a bound that is no number': [detection({ spareBelowBytes: NaN })],
    'a measure that there is not': [detection({ measure: 'rss' as never })],
    'an urgency in text': [detection({ isUrgent: 'yes' as never })],
    'a grace period without end': [detection({ graceSeconds: Infinity })],
    'a reason that is no text': [detection({ reason: undefined as never })],
  };
  for (const [what, answer] of Object.entries(garbage)) {
    it(`is not taken from an answer that has ${what}, which is told, and the others are`, async () => {
      const raised = await raisedBy(answering(answer), answering([detection({ processes: [identity(2)] })]));
      expect(pidsOf(raised)).to.deep.equal([2]);
      expect(failures).to.have.length(1);
      expect(failures[0]).to.match(/^p0 detect: the answer is neither undefined nor a list of /);
    });
  }

  it('is not waited for longer than the deadline, for all of them side by side', async () => {
    const never = async (): Promise<never> => await new Promise(() => {});
    const raising = raisedBy(never, answering([detection()]), never);
    await clock.advance(500);
    expect(pidsOf(await raising)).to.deep.equal([1]);
    expect(failures).to.deep.equal([
      'p0 detect: no answer within 500 ms',
      'p2 detect: no answer within 500 ms',
    ]);
  });

  it('is told as a failure where a plugin throws or rejects', async () => {
    const raised = await raisedBy(
      () => {
        throw new Error('thrown');
      },
      async () => await Promise.reject(new Error('rejected')),
      answering([detection()]),
    );
    expect(pidsOf(raised)).to.deep.equal([1]);
    expect(failures).to.deep.equal(['p0 detect: thrown', 'p1 detect: rejected']);
  });

  it('is found in a scan that nobody can change for the others', async () => {
    const thrown: unknown[] = [];
    const vandal = ({ memory, samples, terminating }: DetectScan): undefined => {
      samples.pid.fill(0);
      for (const vandalise of [
        () => ((memory as { totalBytes: number }).totalBytes = 0),
        () => ((terminating[0] as { pid: number }).pid = 0),
        () => (terminating as unknown[]).pop(),
      ]) {
        try {
          vandalise();
        } catch (error) {
          thrown.push(error);
        }
      }
    };
    const seen: DetectScan[] = [];
    await raisedBy(vandal, (scan) => void seen.push(scan));
    expect(thrown).to.have.length(3);
    expect(seen[0]?.memory).to.deep.equal(MEMORY);
    expect(seen[0]?.terminating).to.deep.equal([identity(20)]);
    expect([...(seen[0]?.samples.pid ?? [])]).to.deep.equal([...TWENTY.pid]);
    expect(TWENTY.pid[0]).to.equal(1);
    expect(Object.isFrozen(MEMORY)).to.equal(false);
  });
});
