import { LATE, within } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import type { Sleep } from '#src/deadline.js';
import { unhandledDuring } from './support/unhandled.js';

describe('work with a deadline', () => {
  const clock = new FakeClock();
  const sleep: Sleep = async (ms, abort) => {
    await clock.sleep(ms, abort);
  };
  const never = new Promise<never>(() => {});

  it('is what it resolves with, and a plain value is that value', async () => {
    expect(await within(sleep, 100, Promise.resolve('done'))).to.equal('done');
    expect(await within(sleep, 100, 'done')).to.equal('done');
    expect(await within(sleep, 0, 'done')).to.equal('done');
    expect(await within(sleep, 100, undefined)).to.equal(undefined);
  });

  it('is what any thenable resolves with', async () => {
    const thenable: PromiseLike<string> = {
      then: async (onDone) => await Promise.resolve('done').then(onDone),
    };
    expect(await within(sleep, 100, thenable)).to.equal('done');
  });

  it('rejects as it does', async () => {
    const error = new Error('a bug');
    expect(await within(sleep, 100, Promise.reject(error)).catch((caught: unknown) => caught)).to.equal(
      error,
    );
  });

  it('is late when the time is over, and not a moment before', async () => {
    let result: unknown = 'waiting';
    const waiting = within(sleep, 100, never).then((answer) => {
      result = answer;
    });
    await clock.advance(99);
    expect(result).to.equal('waiting');
    await clock.advance(1);
    await waiting;
    expect(result).to.equal(LATE);
  });

  it('may reject when it is late already, and nobody hears of it', async () => {
    const unhandled = await unhandledDuring(async () => {
      let fail: (error: Error) => void = () => {};
      const work = new Promise((_, reject) => {
        fail = reject;
      });
      const waiting = within(sleep, 100, work);
      await clock.advance(100);
      expect(await waiting).to.equal(LATE);
      fail(new Error('too late'));
    });
    expect(unhandled).to.deep.equal([]);
  });

  it('leaves nobody asleep once it is done, whichever way', async () => {
    const aborts: AbortSignal[] = [];
    const noted: Sleep = async (ms, abort) => {
      aborts.push(abort);
      await clock.sleep(ms, abort);
    };
    await within(noted, 1e9, 'done');
    await within(noted, 1e9, Promise.reject(new Error('a bug'))).catch(() => undefined);
    expect(aborts.map(({ aborted }) => aborted)).to.deep.equal([true, true]);
  });

  it('is not held up by a sleep that rejects when it is broken off, as those of Node do', async () => {
    const rejecting: Sleep = async (_, abort) => {
      await new Promise((_resolve, reject) => {
        abort.addEventListener('abort', () => {
          reject(abort.reason as Error);
        });
      });
    };
    const unhandled = await unhandledDuring(async () => {
      expect(await within(rejecting, 100, Promise.resolve('done'))).to.equal('done');
    });
    expect(unhandled).to.deep.equal([]);
  });
});
