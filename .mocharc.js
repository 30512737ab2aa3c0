// TEST_TIER selects a part of the tests: "unit" or "live"; without it both run.
const tier = process.env.TEST_TIER ?? 'all';
const unit = ['packages/*/dist-test/**/*.test.js', 'examples/dist/*.test.js', 'scripts/test/*.test.mjs'];
const live = 'packages/*/dist-test/live/**/*.test.js';

const selections = {
  all: { spec: unit },
  unit: { spec: unit, ignore: [live] },
  live: { spec: [live] },
};
if (!Object.hasOwn(selections, tier)) throw new Error(`TEST_TIER is "${tier}"; it can be unit or live.`);

export default {
  ...selections[tier],
  reporter: './scripts/mocha-reporter.mjs',
  timeout: 20_000,
  forbidOnly: Boolean(process.env.CI),
  'node-option': ['enable-source-maps'],
};
