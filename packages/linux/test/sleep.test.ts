import { expect } from 'chai';

import { sleep } from '#src/sleep.js';
import { SystemClock } from '#src/system-clock.js';

describe('a sleep', () => {
  it('lasts as long as it is told to', async () => {
    const beganMs = performance.now();
    await sleep(30);
    expect(performance.now() - beganMs).to.be.at.least(28);
  });

  it('of no length, or after an abort, is none', async () => {
    await sleep(0);
    await sleep(-1);
    await sleep(60_000, AbortSignal.abort());
  });

  it('ends with the first of its aborts, and leaves no listener behind', async () => {
    const aborts = [new AbortController(), new AbortController()] as const;
    let removed = 0;
    for (const { signal } of aborts) {
      const remove = signal.removeEventListener.bind(signal);
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        removed += 1;
        remove(...args);
      };
    }
    const sleeping = sleep(60_000, aborts[0].signal, aborts[1].signal);
    aborts[1].abort();
    await sleeping;
    expect(removed).to.equal(2);
  });

  it('may be longer than a timer can be', async () => {
    const abort = new AbortController();
    const sleeping = sleep(Number.MAX_SAFE_INTEGER, abort.signal).then(() => 'over');
    expect(await Promise.race([sleeping, sleep(20).then(() => 'not yet')])).to.equal('not yet');
    abort.abort();
    expect(await sleeping).to.equal('over');
  });
});

describe('the clock of the machine', () => {
  it('tells the time of day, and time that is never set back', async () => {
    const clock = new SystemClock();
    expect(clock.now()).to.be.closeTo(Date.now(), 1000);
    const beganMs = clock.monotonicMs();
    await clock.sleep(5);
    expect(clock.monotonicMs()).to.be.greaterThan(beganMs);
  });
});
