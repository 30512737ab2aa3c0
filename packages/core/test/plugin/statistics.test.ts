import { expect } from 'chai';

import { PluginStatistics } from '#src/plugin/statistics.js';

describe('the statistics of plugins', () => {
  it('know a hook that was never called', () => {
    const statistics = new PluginStatistics();
    statistics.add('a', 'decide');
    expect(statistics.of('a')).to.deep.equal([
      { hook: 'decide', calls: 0, failures: 0, totalMs: 0, longestMs: 0, lastFailure: undefined },
    ]);
  });

  it('add up calls and time, and keep the longest time and the last failure', () => {
    const statistics = new PluginStatistics();
    statistics.countCalls('a', 'overrideLimits', 1000, 5);
    statistics.countCalls('a', 'overrideLimits', 2000, 3);
    statistics.countFailure('a', 'overrideLimits', 'first');
    statistics.countFailure('a', 'overrideLimits', 'second');
    expect(statistics.of('a')).to.deep.equal([
      { hook: 'overrideLimits', calls: 3000, failures: 2, totalMs: 8, longestMs: 5, lastFailure: 'second' },
    ]);
  });

  it('keep plugins and hooks apart, in the order in which they came', () => {
    const statistics = new PluginStatistics();
    statistics.add('a', 'on:kill');
    statistics.countCalls('b', 'decide', 1, 1);
    statistics.countCalls('a', 'decide', 2, 2);
    statistics.add('a', 'on:kill');
    expect(statistics.of('a').map(({ hook, calls }) => [hook, calls])).to.deep.equal([
      ['on:kill', 0],
      ['decide', 2],
    ]);
    expect(statistics.of('constructor')).to.deep.equal([]);
  });

  it('do not change in the hands of whoever has asked', () => {
    const statistics = new PluginStatistics();
    statistics.countCalls('a', 'decide', 1, 1);
    const before = statistics.of('a');
    (before[0] as { calls: number }).calls = 100;
    statistics.countCalls('a', 'decide', 1, 1);
    expect(before[0]?.calls).to.equal(100);
    expect(statistics.of('a')[0]?.calls).to.equal(2);
  });
});
