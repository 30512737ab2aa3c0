import { expect } from 'chai';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';

function issuesOf(rule: object): string[] {
  const { issues = [] } = v.safeParse(configSchema, { rules: [rule] });
  return issues.map(
    ({ path = [], message }) => `${path.map(({ key }) => String(key)).join('.')}: ${message}`,
  );
}

describe('the configuration of rules for users', () => {
  it('takes uids as numbers, texts and ranges', () => {
    const { rules } = v.parse(configSchema, { rules: [{ uids: [7, '8', '10 - 20'], exempt: true }] });
    expect(rules[0]?.uids).to.deep.equal([
      { first: 7, last: 7 },
      { first: 8, last: 8 },
      { first: 10, last: 20 },
    ]);
  });

  const mistakes: Record<string, [rule: object, message: RegExp]> = {
    'a rule for nobody': [{ ram_gb_threshold: 1 }, /^rules\.0: the rule does not say whom it is for/],
    'a rule that limits nothing': [
      { users: ['a'] },
      /^rules\.0: a rule has either limits .* or exempt = true/,
    ],
    'an exemption with limits': [{ users: ['a'], exempt: true, total_gb_threshold: 1 }, /either limits/],
    'uids that are none': [{ uids: ['alice'], exempt: true }, /^rules\.0\.uids\.0: this is no uid/],
    'a range the wrong way round': [{ uids: ['20-10'], exempt: true }, /ends before it begins/],
    'an unknown order': [{ users: ['a'], ram_gb_threshold: 1, first: 'oldest' }, /^rules\.0\.first: /],
    'a warning at the limit': [
      { users: ['a'], ram_gb_threshold: 1, warn_percent: 100 },
      /^rules\.0\.warn_percent: /,
    ],
    'a wildcard for groups': [
      { groups: ['lab-*'], ram_gb_threshold: 1 },
      /^rules\.0\.groups\.0: groups are named one by one; accepted: names without/,
    ],
    'a misspelt key': [{ users: ['a'], ram_gb_treshold: 1 }, /ram_gb_treshold/],
  };
  for (const [what, [rule, message]] of Object.entries(mistakes)) {
    it(`refuses ${what}`, () => {
      expect(issuesOf(rule)[0]).to.match(message);
    });
  }
});
