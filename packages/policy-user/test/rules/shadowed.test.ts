import { expect } from 'chai';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';
import { ruleOf } from '#src/rules/rule.js';
import { shadowedRules } from '#src/rules/shadowed.js';

/** The numbers of the rules that never count, from 1. */
function shadowed(...selectors: object[]): number[] {
  const { rules } = v.parse(configSchema, {
    rules: selectors.map((selector) => ({ ...selector, ram_gb_threshold: 1 })),
  });
  const sentences = shadowedRules(rules.map((rule, index) => ruleOf(rule, undefined, index)));
  return sentences.map((sentence) => Number(/^rule (\d+) never counts/.exec(sentence)?.[1]));
}

describe('a rule is shadowed', () => {
  it('by one before it that is for everybody', () => {
    expect(shadowed({ users: ['*'] }, { groups: ['staff'] }, { uids: ['1-5'] })).to.deep.equal([2, 3]);
  });

  it('by one that is for the same users and more', () => {
    expect(shadowed({ users: ['alice', 'lab-*'] }, { users: ['lab-7', 'alice'] })).to.deep.equal([2]);
  });

  it('by several before it that together are for the same uids', () => {
    expect(shadowed({ uids: ['1000-1999'] }, { uids: ['2000-2999'] }, { uids: ['1500-2500'] })).to.deep.equal(
      [3],
    );
  });

  it('by one that is there at the same times', () => {
    expect(shadowed({ users: ['*'], during: 'night' }, { users: ['bob'], during: 'night' })).to.deep.equal([
      2,
    ]);
  });

  it('not by one that is there only at times, or is for some of its users', () => {
    expect(shadowed({ users: ['*'], during: 'night' }, { users: ['bob'] })).to.deep.equal([]);
    expect(shadowed({ users: ['alice'] }, { users: ['alice', 'bob'] })).to.deep.equal([]);
    expect(shadowed({ users: ['alice'] }, { users: ['al*'] })).to.deep.equal([]);
    expect(shadowed({ uids: ['1000-1999'] }, { uids: ['1999-2000'] })).to.deep.equal([]);
  });
});
