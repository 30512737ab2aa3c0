import { FakeClock, settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { metered } from '#src/plugin/metered.js';
import { PluginStatistics, type HookStatistics } from '#src/plugin/statistics.js';

describe('a metered call', () => {
  let clock: FakeClock;
  let statistics: PluginStatistics;
  beforeEach(() => {
    clock = new FakeClock();
    statistics = new PluginStatistics();
  });

  const call = <T>(work: () => T): T => metered(statistics, clock, 'test', 'decide', work);
  const counted = (): HookStatistics | undefined => statistics.of('test')[0];

  it('gives what it gives, and counts when it throws too', () => {
    expect(call(() => 7)).to.equal(7);
    expect(() =>
      call(() => {
        throw new Error('a bug');
      }),
    ).to.throw('a bug');
    expect(counted()).to.include({ calls: 2, totalMs: 0 });
  });

  it('counts from its beginning, and its time when its promise has settled, either way', async () => {
    const working = call(async () => {
      await clock.sleep(30);
      return 7;
    });
    const failing = call(async () => {
      await clock.sleep(10);
      throw new Error('a bug');
    }).catch((error: unknown) => (error as Error).message);
    expect(counted()).to.include({ calls: 2, totalMs: 0 });
    await clock.advance(30);
    expect([await working, await failing]).to.deep.equal([7, 'a bug']);
    expect(counted()).to.include({ calls: 2, totalMs: 40, longestMs: 30 });
  });

  it('has a thenable begin its work once, however many wait for it', async () => {
    let begun = 0;
    const query = call(() => ({
      then: (onDone: (answer: string) => void) => {
        begun += 1;
        onDone('rows');
      },
    }));
    await settle();
    expect([await query, await query]).to.deep.equal(['rows', 'rows']);
    expect(begun).to.equal(1);
  });
});
