import { BYTES_PER_GB } from '@memory-monitor/core';
import { expect } from 'chai';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';
import { doubtfulRules } from '#src/rules/doubtful.js';
import { ruleOf } from '#src/rules/rule.js';

/** What is said of rules on a machine of 16 GB. */
function doubts(...configs: object[]): string[] {
  const { rules } = v.parse(configSchema, { rules: configs });
  return doubtfulRules(
    rules.map((rule, index) => ruleOf(rule, undefined, index)),
    { totalBytes: 16 * BYTES_PER_GB },
  );
}

describe('a rule is doubtful', () => {
  it('that every process exceeds', () => {
    expect(doubts({ uids: [1], ram_gb_threshold: 0, total_percent_threshold: 0 })).to.include.members([
      'rule 1: ram_gb_threshold = 0 is exceeded by every process',
      'rule 1: total_percent_threshold = 0 is exceeded by every process',
    ]);
  });

  it('that is exempt, and says what happens at a limit', () => {
    const what = { warn_percent: 80, first: 'newest', action: 'warn', exempt_names: ['a'] };
    expect(doubts({ uids: [1], exempt: true, ...what })).to.have.members(
      Object.keys(what).map((key) => `rule 1: ${key} means nothing beside exempt = true`),
    );
  });

  it('that says who goes first, without a total', () => {
    expect(doubts({ uids: [1], ram_gb_threshold: 1, first: 'newest' })).to.deep.equal([
      'rule 1: first means nothing without a limit in total, such as total_gb_threshold',
    ]);
    expect(doubts({ uids: [1], together_gb_threshold: 1, first: 'newest' })).to.deep.equal([]);
  });

  it('whose limit for several is smaller than that for one, in GB or percent', () => {
    expect(doubts({ uids: [1], ram_gb_threshold: 8, total_percent_threshold: 25 })).to.deep.equal([
      'rule 1: the limit of 8.00GB for each process never counts, since all processes of a user may take 4.00GB',
    ]);
    expect(doubts({ uids: [1], total_gb_threshold: 8, together_gb_threshold: 4 })).to.deep.equal([
      'rule 1: the limit of 8.00GB for all processes of a user never counts, since all users together may take 4.00GB',
    ]);
    expect(doubts({ uids: [1], ram_gb_threshold: 8, total_gb_threshold: 8 })).to.deep.equal([]);
  });

  it('that is for everybody, unless one before it leaves the system out', () => {
    const all = { users: ['*'], ram_gb_threshold: 1 };
    expect(doubts(all)).to.deep.equal([
      'rule 1 is for root and the services of the system too; a rule before it with uids = ["0-999"] and exempt = true would leave them out',
    ]);
    for (const system of [{ uids: ['0-999'] }, { users: ['root'] }, { groups: ['root'] }, { uids: [0] }]) {
      expect(doubts({ ...system, exempt: true }, all)).to.deep.equal([]);
    }
    expect(doubts({ uids: ['1000-2000'], exempt: true }, all)).to.have.length(1);
  });
});
