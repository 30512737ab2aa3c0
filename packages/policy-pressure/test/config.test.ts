import { expect } from 'chai';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';

function issuesOf(config: object): string[] {
  const { issues = [] } = v.safeParse(configSchema, config);
  return issues.map(
    ({ path = [], message }) => `${path.map(({ key }) => String(key)).join('.')}: ${message}`,
  );
}

describe('the configuration for a machine that is short of memory', () => {
  it('may be empty', () => {
    expect(v.parse(configSchema, {})).to.deep.equal({
      available: {},
      soft_action: 'kill',
      hard_grace_seconds: 0,
      target: 'process',
      wait_seconds: 5,
      pause_seconds: 60,
      prefer: [],
      avoid: [],
    });
  });

  const mistakes: Record<string, [config: object, message: RegExp]> = {
    'a hard level above the soft one': [
      { available: { soft_percent: 5, hard_percent: 10 } },
      /^available: the hard level is above the soft one/,
    ],
    'more than all': [{ available: { soft_percent: 101 } }, /^available\.soft_percent: /],
    'less than nothing': [{ swap: { hard_gb: -1 } }, /^swap\.hard_gb: /],
    'pressure without a level': [{ pressure: { below_percent: 20 } }, /^pressure: there is no level/],
    'a rule for everybody': [{ prefer: [{}] }, /^prefer\.0: the rule fits everybody/],
    'an unknown target': [{ target: 'user' }, /^target: /],
    'an unknown action': [{ soft_action: 'spare' }, /^soft_action: /],
    'a misspelt key': [{ available: { soft_percents: 1 } }, /soft_percents/],
    'a wait without end': [{ wait_seconds: Infinity }, /^wait_seconds: /],
  };
  for (const [what, [config, message]] of Object.entries(mistakes)) {
    it(`refuses ${what}`, () => {
      expect(issuesOf(config)[0]).to.match(message);
    });
  }
});
