import { expect } from 'chai';

import { nextInterval } from '#src/interval.js';

/** The seconds that come of overrides that answer so, and what failed. */
function next(configured: number, ...answers: unknown[]): readonly [number, string[]] {
  const failures: string[] = [];
  const overrides = answers.map((answer, index) => ({
    plugin: `p${index}`,
    intervalSeconds: (seconds: number) =>
      (typeof answer === 'function' ? (answer as (seconds: number) => number)(seconds) : answer) as
        number | undefined,
  }));
  const seconds = nextInterval(configured, overrides, (plugin) => {
    failures.push(plugin);
  });
  return [seconds, failures];
}

describe('the interval', () => {
  it('is what is configured where nobody has an opinion', () => {
    expect(next(30, undefined)).to.deep.equal([30, []]);
  });

  it('is what the last override says', () => {
    expect(next(30, 10, undefined, 20)).to.deep.equal([20, []]);
  });

  it('is handed from one override to the next', () => {
    const half = (seconds: number): number => seconds / 2;
    expect(next(40, half, half)).to.deep.equal([10, []]);
  });

  it('disregards answers that are no number of seconds', () => {
    expect(next(30, NaN, Infinity, 'soon', null, 12)).to.deep.equal([12, ['p0', 'p1', 'p2', 'p3']]);
  });

  it('is never so short that the loop spins', () => {
    expect(next(30, 0)[0]).to.equal(0.05);
    expect(next(30, -5)[0]).to.equal(0.05);
  });

  it('is never longer than a day', () => {
    expect(next(30, 1e9)[0]).to.equal(86_400);
  });
});
