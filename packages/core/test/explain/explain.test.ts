import { definePlugin, type Explanation } from '@memory-monitor/core';
import { testPlugin, TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalsOf } from '../support/hogs.js';

const warns = definePlugin({
  name: 'warns',
  apiVersion: 1,
  setup(host) {
    host.decide(() => ({ verdict: { action: 'warn' }, reason: 'a warning first' }));
  },
});
const lenient = definePlugin({
  name: 'lenient',
  apiVersion: 1,
  setup(host) {
    host.overrideLimits(({ uid }) =>
      uid === 7 ? { bytes: 9 * GB, percentOfRam: 100, reason: 'friends of the house' } : undefined,
    );
  },
});

async function explained(test: TestMonitor, { pid }: { pid: number }): Promise<Explanation> {
  const explanation = await test.monitor.explain(pid);
  if (explanation === undefined) {
    throw new Error('there is no such process');
  }
  return explanation;
}

describe('explaining a process', () => {
  it('says who said what about a violator, and what would happen', async () => {
    const test = await testPlugin(warns);
    const process = test.machine.spawn(hog());
    const { action, trail, conclusion, isViolator, ownBytes } = await explained(test, process);
    expect({ action, isViolator, ownBytes }).to.deep.equal({
      action: 'warn',
      isViolator: true,
      ownBytes: 3 * GB,
    });
    expect(trail.map(({ source }) => source)).to.deep.equal(['limits', 'plugin:warns']);
    expect(conclusion).to.equal('It would be let live, with a warning: a warning first.');
  });

  it('says in words that there is no limit', async () => {
    const boundless = definePlugin({
      name: 'boundless',
      apiVersion: 1,
      setup(host) {
        host.overrideLimits(() => ({ bytes: Infinity, percentOfRam: Infinity }));
      },
    });
    const test = await testPlugin(boundless);
    const { conclusion } = await explained(test, test.machine.spawn(hog()));
    expect(conclusion).to.equal('Nothing would happen: it has 3.00GB, and there is no limit for it.');
  });

  it('lets nothing of that happen', async () => {
    const test = new TestMonitor();
    const process = test.machine.spawn(hog());
    const { conclusion } = await explained(test, process);
    expect(conclusion).to.match(/^It would be ended, by SIGTERM and after 5 s by SIGKILL: rss of 3\.00GB/);
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.eventsOf('violation')).to.deep.equal([]);
    expect(test.eventsOf('decision')).to.deep.equal([]);
  });

  it('uses nothing of a cap up: a kill explained a hundred times is still carried out', async () => {
    const test = new TestMonitor({ settings: { maxKillsPerMinute: 1 } });
    await test.tick();
    const process = test.machine.spawn(hog());
    for (let time = 0; time < 100; time += 1) {
      await explained(test, process);
    }
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('names every limit, whose it is, why, and which one counts', async () => {
    const test = await testPlugin(lenient);
    const process = test.machine.spawn(hog({ uid: 7 }));
    const { limits, limit, conclusion } = await explained(test, process);
    expect(limits).to.deep.equal([
      { source: 'configuration', percentOfRam: 10, bytes: 2 * GB, reason: undefined },
      { source: 'plugin:lenient', percentOfRam: 100, bytes: 9 * GB, reason: 'friends of the house' },
    ]);
    expect(limit).to.deep.equal({
      limitBytes: 9 * GB,
      rule: 'plugin:lenient',
      ruleReason: 'friends of the house',
    });
    expect(conclusion).to.equal('Nothing would happen: it has 3.00GB, and its limit is 9.00GB.');
  });

  it('names the guard of a protected process', async () => {
    const test = new TestMonitor({ whitelist: { users: ['john'] } });
    const process = test.machine.spawn(hog());
    const { protection, conclusion, isViolator } = await explained(test, process);
    expect(protection?.guard).to.equal('whitelist-user');
    expect(isViolator).to.equal(false);
    expect(conclusion).to.equal('It is never ended: user john is whitelisted.');
  });

  it('is undefined for a process that there is not', async () => {
    expect(await new TestMonitor().monitor.explain(7)).to.equal(undefined);
  });

  it('says of a victim that it is being ended', async () => {
    const test = new TestMonitor();
    const process = test.machine.spawn(hog({ onSignal: () => 'sent' }));
    await test.tick();
    expect((await explained(test, process)).conclusion).to.equal('It is being ended already.');
  });

  it('tells a deferral by what is left of it', async () => {
    const defers = definePlugin({
      name: 'defers',
      apiVersion: 1,
      setup(host) {
        host.decide(() => ({ verdict: { action: 'defer', seconds: 40 }, reason: 'not now' }));
      },
    });
    const test = await testPlugin(defers);
    const process = test.machine.spawn(hog());
    await test.tick();
    expect((await explained(test, process)).conclusion).to.match(/^It would be let live for now/);
    await test.clock.advance(45_000);
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  const agreeing: Record<string, TestMonitorOptions> = {
    'in a dry run': { settings: { dryRun: true } },
    'when armed': {},
    'with a whitelist': { whitelist: { names: [{ name: 'hog' }] } },
    'with higher limits': { thresholds: { ramGbThreshold: 9, ramPercentThreshold: 90 } },
  };
  for (const [how, options] of Object.entries(agreeing)) {
    for (const plugin of [warns, lenient]) {
      it(`agrees with what then happens ${how}, with the plugin ${plugin.name}`, async () => {
        const test = await testPlugin(plugin, options);
        await test.tick();
        const process = test.machine.spawn(hog());
        const { action, trail } = await explained(test, process);
        await test.tick();
        const decision = test.decisionOf(process);
        expect(decision?.action).to.equal(action);
        expect(decision?.trail.map(({ source, reason }) => [source, reason]) ?? []).to.deep.equal(
          trail.map(({ source, reason }) => [source, reason]),
        );
      });
    }
  }
});
