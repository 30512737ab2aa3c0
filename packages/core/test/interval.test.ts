import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { nextInterval } from '#src/interval.js';

/** The seconds that come of overrides that answer so, and what failed. */
async function next(configured: number, ...answers: unknown[]): Promise<readonly [number, string[]]> {
  const failures: string[] = [];
  const overrides = answers.map((answer, index) => ({
    plugin: `p${index}`,
    intervalSeconds: (seconds: number) =>
      (typeof answer === 'function'
        ? (answer as (seconds: number) => number | Promise<number>)(seconds)
        : answer) as number | undefined | Promise<number>,
  }));
  const clock = new FakeClock();
  const seconds = nextInterval(configured, overrides, clock, (plugin) => {
    failures.push(plugin);
  });
  await clock.advance(10_000);
  return [await seconds, failures];
}

describe('the interval', () => {
  it('is what is configured where nobody has an opinion', async () => {
    expect(await next(30, undefined)).to.deep.equal([30, []]);
  });

  it('is what the last override says', async () => {
    expect(await next(30, 10, undefined, 20)).to.deep.equal([20, []]);
  });

  it('is handed from one override to the next', async () => {
    const half = (seconds: number): number => seconds / 2;
    expect(await next(40, half, half)).to.deep.equal([10, []]);
  });

  it('disregards answers that are no number of seconds', async () => {
    expect(await next(30, NaN, Infinity, 'soon', null, 12)).to.deep.equal([12, ['p0', 'p1', 'p2', 'p3']]);
  });

  it('takes answers that come later, and disregards those that come too late, or never', async () => {
    const later = async (): Promise<number> => await Promise.resolve(7);
    const never = async (): Promise<number> => await new Promise(() => {});
    const rejected = async (): Promise<number> => await Promise.reject(new Error('a bug'));
    expect(await next(30, later, never, rejected)).to.deep.equal([7, ['p1', 'p2']]);
  });

  it('is never so short that the loop spins', async () => {
    expect((await next(30, 0))[0]).to.equal(0.05);
    expect((await next(30, -5))[0]).to.equal(0.05);
  });

  it('is never longer than a day', async () => {
    expect((await next(30, 1e9))[0]).to.equal(86_400);
  });
});
