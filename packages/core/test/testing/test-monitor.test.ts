import { definePlugin, type PluginDefinition } from '@memory-monitor/core';
import { FakeUsers, TestMonitor, testPlugin } from '@memory-monitor/core/testing';
import { expect } from 'chai';

const OVER_THE_LIMIT = { rssBytes: 3 * 1024 ** 3 };

function sparing(name: string): PluginDefinition {
  return definePlugin({
    name,
    apiVersion: 1,
    setup(host) {
      host.decide(() => ({ verdict: { action: 'spare' }, reason: `${name} says so` }));
      host.onDispose(async () => {
        await host.clock.sleep(1000);
      });
    },
  });
}

describe('the test monitor', () => {
  it('begins at a time of the test', async () => {
    const startMs = Date.UTC(2026, 0, 1);
    const monitor = new TestMonitor({ startMs });
    monitor.machine.spawn(OVER_THE_LIMIT);
    await monitor.tick();
    expect(monitor.eventsOf('violation')[0]?.violation.sinceMs).to.equal(startMs);
  });

  it('explains a process, and lists the plugins', async () => {
    const monitor = await testPlugin(sparing('first'));
    const { pid } = monitor.machine.spawn(OVER_THE_LIMIT);
    await monitor.tick();
    expect((await monitor.explain(pid))?.conclusion).to.match(/first says so/);
    expect(await monitor.explain(7)).to.equal(undefined);
    expect(monitor.describePlugins()[0]?.hooks[0]).to.include({ hook: 'decide', calls: 2, failures: 0 });
  });

  it('names groups', async () => {
    const users = new FakeUsers({ john: 1000 }, { staff: { gid: 50, members: [] } });
    const monitor = new TestMonitor({ users });
    monitor.machine.spawn({ gid: 50, ...OVER_THE_LIMIT });
    monitor.machine.spawn({ gid: 1000, ...OVER_THE_LIMIT });
    monitor.machine.spawn({ gid: 7, ...OVER_THE_LIMIT });
    await monitor.tick();
    const groups = monitor.eventsOf('violation').map(({ violation }) => violation.process.group);
    expect(groups).to.have.members(['staff', 'john', '7']);
  });
});

describe('a reload of the test monitor', () => {
  it('sets the same plugins up anew, and keeps what it does not change', async () => {
    const monitor = await testPlugin(sparing('first'), { thresholds: { ramGbThreshold: 1 } });
    await monitor.tick();
    expect(await monitor.reload({ thresholds: { checkIntervalSeconds: 5 } })).to.equal(true);
    expect(monitor.eventsOf('reloaded')[0]).to.include({ ramGbThreshold: 1, checkIntervalSeconds: 5 });
    expect(monitor.describePlugins().map(({ name }) => name)).to.deep.equal(['first']);
    const scans = monitor.eventsOf('scan').length;
    await monitor.tick();
    expect(monitor.eventsOf('scan')).to.have.length(scans + 1);
  });

  it('puts others in force', async () => {
    const monitor = await testPlugin(sparing('first'));
    const violator = monitor.machine.spawn(OVER_THE_LIMIT);
    await monitor.tick();
    await monitor.reload({ plugins: [{ plugin: sparing('second') }] });
    await monitor.tick();
    expect(monitor.decisionOf(violator)?.reason).to.equal('second says so');
    await monitor.reload({ plugins: [] });
    await monitor.tick();
    expect(monitor.machine.isRunning(violator)).to.equal(false);
  });

  it('is refused where a plugin can not be set up, and changes nothing', async () => {
    const monitor = await testPlugin(sparing('first'));
    await monitor.tick();
    const broken = definePlugin({
      name: 'broken',
      apiVersion: 1,
      setup: () => {
        throw new Error('no luck');
      },
    });
    expect(await monitor.reload({ plugins: [{ plugin: broken }] })).to.equal(false);
    const refusal = monitor.eventsOf('reloaded')[0];
    expect(refusal?.accepted).to.equal(false);
    expect(refusal?.errors[0]).to.match(/no luck/);
    expect(monitor.describePlugins().map(({ name }) => name)).to.deep.equal(['first']);
    expect(await monitor.reload()).to.equal(true);
  });
});
