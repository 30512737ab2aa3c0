import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { LiveClock } from '#src/live-clock.js';

function neverTold(error: unknown): never {
  throw error;
}

describe('the clock in force', () => {
  it('is the one that it was made of, until another replaces it', async () => {
    const first = new FakeClock(1000);
    const live = new LiveClock(first);
    await first.advance(5);
    expect([live.now(), live.monotonicMs()]).to.deep.equal([1005, 5]);
    live.replace(new FakeClock(9000), neverTold);
    expect(live.now()).to.equal(9000);
  });

  it('has monotonic time go on from where the clock before was, whichever that one was', async () => {
    const [ahead, behind, first] = [new FakeClock(), new FakeClock(), new FakeClock()];
    await ahead.advance(1_000_000);
    await first.advance(500);
    const live = new LiveClock(first);
    live.replace(ahead, neverTold);
    expect(live.monotonicMs()).to.equal(500);
    await ahead.advance(10);
    live.replace(behind, neverTold);
    expect(live.monotonicMs()).to.equal(510);
    await behind.advance(10);
    expect(live.monotonicMs()).to.equal(520);
  });

  it('is not set back by the clock that is in force already', async () => {
    const [first, second] = [new FakeClock(), new FakeClock()];
    const live = new LiveClock(first);
    await first.advance(500);
    live.replace(second, neverTold);
    live.replace(second, neverTold);
    expect(live.monotonicMs()).to.equal(500);
  });

  it('sleeps by the clock that is in force when the sleep begins, and hands on what breaks it off', async () => {
    const [first, second] = [new FakeClock(), new FakeClock()];
    const live = new LiveClock(first);
    const woken: string[] = [];
    const stop = new AbortController();
    const sleeps = [
      live.sleep(100).then(() => woken.push('first')),
      live.sleep(1e9, new AbortController().signal, stop.signal).then(() => woken.push('broken off')),
    ];
    live.replace(second, neverTold);
    sleeps.push(live.sleep(100).then(() => woken.push('second')));
    await second.advance(100);
    await first.advance(100);
    stop.abort();
    await Promise.all(sleeps);
    expect(woken).to.deep.equal(['second', 'first', 'broken off']);
  });
});
