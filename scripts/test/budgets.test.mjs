import { expect } from 'chai';

import { judged, verdictOf } from '../../bench/budgets.mjs';

const row = (name, ratio, noise = 0) => judged({ name, ratio, noise });

describe('the budgets of the benchmark', () => {
  it('hold up to the budget', () => {
    expect(verdictOf(row('heap, somewhere', 1.05))).to.equal('held');
    expect(verdictOf(row('heap, somewhere', 1.06, 0.1))).to.equal('NOT HELD');
  });

  it('fail beyond the noise', () => {
    expect(row('heap, somewhere', 1.15, 0.1).isFailure).to.be.false;
    expect(row('heap, somewhere', 1.16, 0.1).isFailure).to.be.true;
    expect(verdictOf(row('heap, somewhere', 1.16, 0.1))).to.equal('FAILED');
  });

  it('fail at the ceiling where there is one', () => {
    const { budget, ceiling } = row('resident memory, all plugins, Node 20', 1);
    expect(ceiling).to.be.above(budget);
    expect(verdictOf(row('resident memory, all plugins, Node 20', ceiling))).to.equal('NOT HELD');
    expect(row('resident memory, all plugins, Node 20', ceiling + 0.01).isFailure).to.be.true;
  });

  it('tell when a ceiling can go', () => {
    expect(verdictOf(row('resident memory, all plugins, Node 20', 1.2))).to.equal('held, its ceiling can go');
  });

  it('take the budget that a row brings, where none is stated', () => {
    const brought = judged({ name: 'of its own', ratio: 3, noise: 0, budget: 2 });
    expect(brought).to.include({ isHeld: false, isFailure: true });
  });

  it('say why a row is missing, and nothing of one without a budget', () => {
    expect(verdictOf(judged({ name: 'heap', reason: 'needs root' }))).to.equal('not measured: needs root');
    expect(verdictOf(row('crossing the limit to SIGTERM', 3))).to.equal('');
  });
});
