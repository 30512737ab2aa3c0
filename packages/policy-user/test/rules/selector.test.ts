import { FakeUsers } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { Selector, type Fit } from '#src/rules/selector.js';

const ALICE = 1001;
const NAMELESS = 4242;
const DIGITS = 2002;

function people({ isAnswering = true } = {}): FakeUsers {
  const users = new FakeUsers({ alice: ALICE, '1001': DIGITS, '3003': 3003 });
  users.isAnswering = isAnswering;
  return users;
}

function fit(selected: readonly string[], uid: number, users = people()): Fit {
  return new Selector({ users: [...selected] }).fit(uid, users);
}

describe('a rule for users', () => {
  it('is for nobody else where it has only numbers, whether the user database answers or not', () => {
    for (const users of [people(), people({ isAnswering: false })]) {
      expect(fit(['1001'], ALICE, users)).to.equal('yes');
      expect(fit(['1001', '7'], 5005, users)).to.equal('no');
    }
    expect(fit(['1001', 'alice'], 5005, people({ isAnswering: false }))).to.equal('unknown');
  });

  it('is for a user too whose name consists of digits', () => {
    expect(fit(['1001'], DIGITS)).to.equal('yes');
    expect(fit(['30*'], 3003)).to.equal('yes');
    const { uids = [] } = new Selector({ users: ['1001'] }).lookups([DIGITS]);
    expect([...uids]).to.deep.equal([DIGITS]);
  });

  it('is not for a uid without a name, whose digits are none', () => {
    expect(fit(['42*', 'alice'], NAMELESS)).to.equal('no');
    expect(fit(['42*', 'alice'], NAMELESS, people({ isAnswering: false }))).to.equal('unknown');
    expect(fit(['*'], NAMELESS)).to.equal('yes');
    expect(fit(['4242'], NAMELESS)).to.equal('yes');
  });
});
