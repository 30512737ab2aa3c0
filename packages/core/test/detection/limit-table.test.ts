import type { Limits, LimitsOverride, ProcessSample, ScanColumns } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { LimitTable } from '#src/detection/limit-table.js';
import { columnsOf } from '../support/columns.js';
import { GB } from '../support/hogs.js';
import { unhandledDuring } from '../support/unhandled.js';

const RAM_BYTES = 100 * GB;
const COMMON: Limits = { percentOfRam: 10, bytes: 20 * GB };
const THREE = columnsOf({ pid: 1, uid: 7 }, { pid: 2, uid: 8 }, { pid: 3, uid: 7 });

type LimitsFor = LimitsOverride['limitsFor'];

describe('a table of limits', () => {
  let table: LimitTable;
  let failures: string[];
  beforeEach(() => {
    table = new LimitTable(new FakeClock());
    failures = [];
  });

  /** The limits in GB of every process, after these overrides. */
  const filled = (columns: ScanColumns, ...answers: readonly LimitsFor[]): number[] => {
    const overrides = answers.map((limitsFor, index) => ({ plugin: `p${index}`, limitsFor }));
    table.fill(columns, COMMON, overrides, (plugin, hook, error) => {
      failures.push(`${plugin} ${hook}: ${(error as Error).message}`);
    });
    return Array.from({ length: columns.count }, (_, index) => table.limitBytesAt(index, RAM_BYTES) / GB);
  };
  const silent: LimitsFor = () => undefined;
  const ofUser7 =
    (change: Partial<Limits>): LimitsFor =>
    ({ uid }) =>
      uid === 7 ? change : undefined;

  it('holds what all processes have where nobody has an opinion: the smaller of the two', () => {
    expect(filled(THREE, silent)).to.deep.equal([10, 10, 10]);
  });

  it('holds what a plugin changes for some, and leaves what it leaves out', () => {
    expect(filled(THREE, ofUser7({ bytes: 5 * GB }))).to.deep.equal([5, 10, 5]);
    expect(filled(THREE, ofUser7({ percentOfRam: 50 }))).to.deep.equal([20, 10, 20]);
    expect(filled(THREE, ofUser7({ percentOfRam: Infinity, bytes: Infinity }))).to.deep.equal([
      Infinity,
      10,
      Infinity,
    ]);
    expect(filled(THREE, ofUser7({ bytes: 0 }))).to.deep.equal([0, 10, 0]);
  });

  it('asks one plugin after the other about all, each with what those before have said', () => {
    const asked: string[] = [];
    const noting =
      (name: string): LimitsFor =>
      ({ pid }, { bytes }) => {
        asked.push(`${name} ${pid}: ${bytes / GB}`);
        return pid === 2 ? { bytes: bytes / 2 } : undefined;
      };
    expect(filled(THREE, noting('a'), noting('b'))).to.deep.equal([10, 5, 10]);
    expect(asked).to.deep.equal(['a 1: 20', 'a 2: 20', 'a 3: 20', 'b 1: 20', 'b 2: 10', 'b 3: 20']);
  });

  it('keeps the limit before it where a plugin fails, and asks the next one', () => {
    const garbage: readonly unknown[] = [
      null,
      7,
      'none',
      { bytes: 'all' },
      { bytes: -1 },
      { percentOfRam: NaN },
    ];
    for (const answer of garbage) {
      failures = [];
      const broken = ({ pid }: ProcessSample): unknown => (pid === 1 ? answer : undefined);
      const limits = filled(THREE, ofUser7({ bytes: 8 * GB }), broken as LimitsFor, ({ pid }) =>
        pid === 3 ? { bytes: GB } : undefined,
      );
      expect(limits).to.deep.equal([8, 10, 1]);
      expect(failures).to.have.length(1);
      expect(failures[0]).to.match(/^p1 overrideLimits: /);
    }
  });

  it('takes nothing of an answer of which a part is wrong', () => {
    const half = (() => ({ bytes: GB, percentOfRam: -1 })) as LimitsFor;
    expect(filled(THREE, half)).to.deep.equal([10, 10, 10]);
  });

  it('takes no promise for an answer, of whatever make, and leaves no rejection behind', async () => {
    const promises = [
      async () => await Promise.reject(new Error('a bug')),
      () => ({ bytes: 0, then: () => undefined }),
    ] as unknown as readonly LimitsFor[];
    for (const promise of promises) {
      failures = [];
      const unhandled = await unhandledDuring(() => {
        expect(filled(columnsOf({ pid: 1 }), promise)).to.deep.equal([10]);
      });
      expect(unhandled).to.deep.equal([]);
      expect(failures).to.deep.equal([
        'p0 overrideLimits: the answer is a promise; limits have to be answered at once',
      ]);
    }
  });

  it('is not led astray by a plugin that moves its views', () => {
    const moving: LimitsFor = (sample, limits) => {
      for (const view of [sample, limits]) {
        (view as unknown as { moveTo(index: number): void }).moveTo(2);
      }
      return { percentOfRam: sample.pid };
    };
    expect(filled(THREE, ({ pid }) => ({ bytes: pid * GB }), moving)).to.deep.equal([1, 2, 3]);
  });

  it('has room for any number of processes, more than before or fewer', () => {
    for (const count of [3, 10_000, 4, 50_000]) {
      const columns = columnsOf(...Array.from({ length: count }, (_, index) => ({ pid: index + 1 })));
      const limits = filled(columns, ({ pid }) => (pid % 2 === 0 ? { bytes: GB } : undefined));
      expect(limits.filter((limit) => limit === 1)).to.have.length(Math.floor(count / 2));
      expect(limits.filter((limit) => limit === 10)).to.have.length(Math.ceil(count / 2));
    }
  });

  it('remembers nothing from the scan before', () => {
    filled(THREE, () => ({ bytes: GB }));
    expect(filled(THREE, silent)).to.deep.equal([10, 10, 10]);
  });

  it('reads no further than the count: the arrays may be longer', () => {
    const asked: number[] = [];
    filled({ ...THREE, count: 2 }, ({ pid }) => void asked.push(pid));
    expect(asked).to.deep.equal([1, 2]);
  });

  it('tells how often each plugin was asked, and how long that took, also if it has failed', () => {
    let nowMs = 0;
    const ticking = Object.assign(new FakeClock(), { monotonicMs: () => nowMs });
    const meters: (readonly [string, number, number])[] = [];
    const taking = (plugin: string, ms: number, answer: () => undefined): LimitsOverride => ({
      plugin,
      limitsFor: () => {
        nowMs += ms;
        answer();
      },
      meter: { record: (calls, tookMs) => void meters.push([plugin, calls, tookMs]) },
    });
    const fail = (): never => {
      throw new Error('a bug');
    };
    const overrides = [taking('quick', 1, () => undefined), taking('failing', 20, fail)];
    new LimitTable(ticking).fill(THREE, COMMON, overrides, () => {});
    expect(meters).to.deep.equal([
      ['quick', 3, 3],
      ['failing', 3, 60],
    ]);
  });
});
