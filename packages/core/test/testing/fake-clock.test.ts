import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

describe('the fake clock', () => {
  it('wakes sleepers in order, at the right moment', async () => {
    const clock = new FakeClock();
    const woken: (readonly [string, number])[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push([name, clock.monotonicMs()]);
    };
    void sleep('late', 20);
    void sleep('early', 10);
    await clock.advance(15);
    expect(woken).to.deep.equal([['early', 10]]);
    await clock.advance(5);
    expect(woken).to.deep.equal([
      ['early', 10],
      ['late', 20],
    ]);
  });

  it('wakes a sleeper whose signal aborts', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleeping = clock.sleep(1000, abort.signal);
    abort.abort();
    await sleeping;
    expect(clock.monotonicMs()).to.equal(0);
  });

  it('can be set, and no time passes', async () => {
    const clock = new FakeClock(10_000);
    await clock.advance(500);
    clock.setTo(3000);
    expect([clock.now(), clock.monotonicMs()]).to.deep.equal([3000, 500]);
    await clock.advance(1);
    expect([clock.now(), clock.monotonicMs()]).to.deep.equal([3001, 501]);
  });
});
