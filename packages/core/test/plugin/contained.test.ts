import { FakeClock, settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { contained } from '#src/plugin/contained.js';

/** A listener in containment, and what it was said to have failed with. */
function contain(listener: (payload: number) => unknown, clock = new FakeClock()) {
  const failures: string[] = [];
  const told = contained(listener, {
    deadlineMs: 100,
    clock,
    onFailure: (error) => {
      failures.push((error as Error).message);
    },
  });
  const deliver = (payload: number): void => void told(payload);
  return { deliver, failures, clock };
}

describe('a contained listener', () => {
  it('gets what it is called with', () => {
    const got: number[] = [];
    const { deliver, failures } = contain((payload) => got.push(payload));
    deliver(7);
    expect(got).to.deep.equal([7]);
    expect(failures).to.deep.equal([]);
  });

  it('that takes too long is told so once, also when it fails later', async () => {
    let fail: (error: Error) => void = () => {};
    const { deliver, failures, clock } = contain(
      async () =>
        await new Promise((_, reject) => {
          fail = reject;
        }),
    );
    deliver(1);
    await clock.advance(100);
    expect(failures).to.deep.equal(['it has not come to an end within 100 ms']);
    fail(new Error('too late'));
    await settle();
    expect(failures).to.have.length(1);
  });

  it('is called again once its earlier calls have come to an end, however those ended', async () => {
    const ends: ((error?: Error) => void)[] = [];
    const { deliver, failures, clock } = contain(async () => {
      await new Promise<void>((resolve, reject) => {
        ends.push((error) => {
          if (error === undefined) {
            resolve();
          } else {
            reject(error);
          }
        });
      });
    });
    for (let call = 0; call < 101; call += 1) {
      deliver(call);
    }
    expect(ends).to.have.length(100);
    expect(failures).to.deep.equal(['100 earlier calls have not come to an end, so this one is left out']);
    ends[0]?.();
    ends[1]?.(new Error('a bug'));
    await settle();
    await clock.advance(100);
    for (let call = 0; call < 3; call += 1) {
      deliver(call);
    }
    expect(ends).to.have.length(102);
  });

  it('may return a thenable that throws as soon as it is asked', async () => {
    const { deliver, failures } = contain(() => ({
      then: () => {
        throw new Error('a bug');
      },
    }));
    deliver(1);
    await settle();
    expect(failures).to.deep.equal(['a bug']);
  });

  it('may return a thenable that begins its work when it is asked: it is asked once', async () => {
    let begun = 0;
    const { deliver } = contain(() => ({
      then: (onDone: () => void) => {
        begun += 1;
        onDone();
      },
    }));
    deliver(1);
    await settle();
    expect(begun).to.equal(1);
  });
});
