import {
  CLOCK,
  definePlugin,
  TERMINATOR,
  type LoadedPlugin,
  type PluginDefinition,
  type PluginHost,
} from '@memory-monitor/core';
import { settle, testConfiguration, testPlugin, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { always } from '../support/deciders.js';
import { hog, signalsOf, stubbornHog } from '../support/hogs.js';
import { rejectionOf } from '../support/rejection.js';

const plugin = (
  name: string,
  setup: (host: PluginHost) => void | Promise<void>,
): PluginDefinition<undefined> => definePlugin({ name, apiVersion: 1, setup });

function loaded(definition: PluginDefinition): LoadedPlugin {
  const source = { use: definition.name, file: undefined, version: undefined, isIsolated: false };
  return { definition, config: {}, onFailure: 'spare', source };
}

/** A plugin that notes what becomes of it. */
function noting(name: string, notes: string[]): PluginDefinition {
  return plugin(name, (host) => {
    notes.push(`${name} set up`);
    host.onStart(() => void notes.push(`${name} started`));
    host.onDispose(() => void notes.push(`${name} first disposed`));
    host.onDispose(async () => {
      await Promise.resolve();
      notes.push(`${name} second disposed`);
    });
    host.signal.addEventListener('abort', () => notes.push(`${name} ended`));
  });
}

const spares = plugin('spares', (host) => {
  host.decide(() => ({ verdict: { action: 'spare' }, reason: 'as asked' }));
});
const broken = plugin('broken', () => {
  throw new Error('no such luck');
});

describe('a set of plugins', () => {
  it('is asked in the order of the configuration', async () => {
    const says = (name: string, action: 'spare' | 'warn' | 'kill') =>
      plugin(name, (host) => {
        host.decide(() => ({ verdict: { action }, reason: `says ${name}` }));
      });
    const test = await TestMonitor.withPlugins(
      [says('b', 'spare'), says('a', 'warn'), says('c', 'kill')].map((one) => ({ plugin: one })),
    );
    const process = test.machine.spawn(hog());
    await test.tick();
    expect(test.trailOf(process).slice(1)).to.deep.equal([
      'plugin:b: spare: says b',
      'plugin:a: warn: says a',
      'plugin:c: kill: says c',
    ]);
  });

  it('tells two plugins of one name apart', async () => {
    const names: string[] = [];
    const twin = plugin('twin', (host) => void names.push(host.name));
    await TestMonitor.withPlugins([{ plugin: twin }, { plugin: twin }]);
    expect(names).to.deep.equal(['twin', 'twin#2']);
  });

  it('is disposed of at the stop, the last plugin first, and of each what was registered last', async () => {
    const notes: string[] = [];
    const test = await TestMonitor.withPlugins([
      { plugin: noting('a', notes) },
      { plugin: noting('b', notes) },
    ]);
    await test.tick();
    expect(notes).to.deep.equal(['a set up', 'b set up', 'a started', 'b started']);
    notes.length = 0;
    await test.stop();
    expect(notes).to.deep.equal([
      'b second disposed',
      'b first disposed',
      'b ended',
      'a second disposed',
      'a first disposed',
      'a ended',
    ]);
  });

  it('goes on with its disposal when one part of it throws, and when one never ends', async () => {
    const notes: string[] = [];
    const stuck = plugin('stuck', (host) => {
      host.onDispose(() => {
        notes.push('reached');
      });
      host.onDispose(async () => {
        await new Promise(() => {});
      });
      host.onDispose(() => {
        throw new Error('a bug');
      });
    });
    const test = await testPlugin(stuck);
    await test.tick();
    await test.stop();
    expect(notes).to.deep.equal(['reached']);
    expect(test.eventsOf('pluginError').map(({ hook, message }) => `${hook}: ${message}`)).to.deep.equal([
      'onDispose: a bug',
    ]);
  });

  it('that can not be set up is no set: what had been set up is disposed of, and the error names the plugin', async () => {
    const notes: string[] = [];
    const error = await rejectionOf(
      TestMonitor.withPlugins([{ plugin: noting('a', notes) }, { plugin: broken }]),
    );
    expect(error.code).to.equal('MM_ERR_PLUGIN_SETUP');
    expect(error.message).to.equal('The plugin broken (broken) can not be set up: no such luck.');
    expect(notes).to.deep.equal(['a set up', 'a second disposed', 'a first disposed', 'a ended']);
  });

  it('has no place for a plugin whose setup never ends', async () => {
    const test = new TestMonitor();
    const never = plugin('never', async () => {
      await new Promise(() => {});
    });
    const using = rejectionOf(test.monitor.usePlugins([loaded(never)]));
    await test.clock.advance(20_000);
    expect((await using).message).to.match(/never .*its setup has not come to an end within 20000 ms/);
  });

  it('is sealed after the setup', async () => {
    const hosts: PluginHost[] = [];
    const keeps = plugin('keeps', (host) => void hosts.push(host));
    await testPlugin(keeps);
    const attempts: (() => void)[] = [
      () => {
        hosts[0]?.on('kill', () => {});
      },
      () => {
        hosts[0]?.decide(() => undefined);
      },
      () => {
        hosts[0]?.provide(CLOCK, (replaced) => replaced());
      },
    ];
    for (const attempt of attempts) {
      expect(attempt).to.throw(/keeps registered .* after its setup was over/);
    }
    expect(() => hosts[0]?.onDispose(() => {})).to.not.throw();
    expect(hosts[0]?.get(CLOCK).monotonicMs()).to.equal(0);
  });

  it('that is replaced at a reload is asked no more, and hears nothing more', async () => {
    const heard: string[] = [];
    const listens = (name: string) =>
      plugin(name, (host) => {
        host.on('scan', () => void heard.push(name));
        host.on('reloaded', () => void heard.push(`${name} reloaded`));
      });
    const test = await TestMonitor.withPlugins([{ plugin: listens('old') }, { plugin: spares }]);
    const { pid } = test.machine.spawn(hog());
    await test.tick();
    expect(signalsOf(test)).to.deep.equal([]);
    heard.length = 0;
    expect(await test.monitor.reload(testConfiguration(), [loaded(listens('new'))])).to.equal(true);
    await test.tick();
    expect(heard).to.deep.equal(['new reloaded', 'new']);
    expect(signalsOf(test, pid)).to.include('SIGTERM');
  });

  it('starts after the one before it has been disposed of', async () => {
    const notes: string[] = [];
    const test = await testPlugin(noting('old', notes));
    await test.tick();
    notes.length = 0;
    await test.monitor.reload(testConfiguration(), [loaded(noting('new', notes))]);
    expect(notes).to.deep.equal([
      'new set up',
      'old second disposed',
      'old first disposed',
      'old ended',
      'new started',
    ]);
  });

  it('runs on when the next one can not be set up, with the configuration that it has', async () => {
    const notes: string[] = [];
    const test = await TestMonitor.withPlugins([{ plugin: noting('old', notes) }, { plugin: spares }]);
    await test.tick();
    const before = [...notes];
    const next = [loaded(noting('new', notes)), loaded(broken)];
    expect(
      await test.monitor.reload(testConfiguration({ thresholds: { ramGbThreshold: 9 } }), next),
    ).to.equal(false);
    expect(test.eventsOf('reloaded')[0]).to.deep.include({
      accepted: false,
      ramGbThreshold: 2,
      errors: ['The plugin broken (broken) can not be set up: no such luck.'],
    });
    expect(notes.filter((note) => note.startsWith('old'))).to.deep.equal(before);
    expect(notes).to.include('new ended');
    test.machine.spawn(hog());
    await test.tick();
    expect(signalsOf(test)).to.deep.equal([]);
  });

  it('is replaced between two ticks, never in the middle of a decision', async () => {
    const asked: string[] = [];
    const slow = plugin('slow', (host) => {
      host.decide(async () => {
        asked.push('slow');
        await host.get(CLOCK).sleep(500);
        return { verdict: { action: 'spare' }, reason: 'slowly' };
      });
    });
    const test = await testPlugin(slow);
    test.machine.spawn(hog());
    await test.tick();
    expect(asked).to.deep.equal(['slow']);
    const reloading = test.monitor.reload(testConfiguration(), []);
    await settle();
    expect(test.eventsOf('reloaded')).to.deep.equal([]);
    await test.clock.advance(500);
    expect(await reloading).to.equal(true);
    expect(test.eventsOf('decision')[0]?.action).to.equal('spare');
  });

  it('that provides the terminator is kept until what is under way has come to its end', async () => {
    const notes: string[] = [];
    const provider = plugin('provider', (host) => {
      host.provide(TERMINATOR, (replaced) => replaced());
      host.onDispose(() => void notes.push('disposed'));
    });
    const test = await testPlugin(provider);
    test.machine.spawn(stubbornHog());
    await test.tick();
    const reloading = test.monitor.reload(testConfiguration(), []);
    await test.clock.advance(4000);
    expect(notes).to.deep.equal([]);
    expect(test.eventsOf('reloaded')).to.have.length(1);
    await test.clock.advance(1000);
    await reloading;
    expect(notes).to.deep.equal(['disposed']);
    expect(test.eventsOf('kill')[0]?.outcome).to.equal('killed');
  });

  it('may bring a clock of its own, and durations go on over it', async () => {
    const timeTraveller = plugin('time-traveller', (host) => {
      host.provide(CLOCK, (replaced) => {
        const clock = replaced();
        return {
          now: () => clock.now() + 1e9,
          monotonicMs: () => clock.monotonicMs() + 5e6,
          sleep: async (...args) => {
            await clock.sleep(...args);
          },
        };
      });
    });
    const test = new TestMonitor({ extensions: { deciders: [always('warn')] } });
    test.machine.spawn(hog());
    await test.tick();
    await test.monitor.reload(testConfiguration(), [loaded(timeTraveller)]);
    await test.tick();
    await test.tick();
    expect(test.eventsOf('scan').map(({ tookMs }) => tookMs)).to.deep.equal([0, 0, 0]);
  });

  it('is described with its hooks, calls, failures and time', async () => {
    const busy = plugin('busy', (host) => {
      host.on('scan', () => {});
      host.decide(async () => {
        await host.get(CLOCK).sleep(20);
        throw new Error('a bug');
      });
      host.overrideLimits(() => undefined);
    });
    const test = await testPlugin(busy);
    test.machine.spawn(hog());
    await test.tick();
    await test.clock.advance(20);
    const [description] = test.monitor.describePlugins();
    expect(description).to.include({ name: 'busy', use: 'busy', isolation: undefined });
    expect(description?.hooks).to.deep.equal([
      { hook: 'on:scan', calls: 1, failures: 0, totalMs: 0, longestMs: 0, lastFailure: undefined },
      { hook: 'decide', calls: 1, failures: 1, totalMs: 20, longestMs: 20, lastFailure: 'a bug' },
      { hook: 'overrideLimits', calls: 1, failures: 0, totalMs: 0, longestMs: 0, lastFailure: undefined },
    ]);
  });

  it('leaves nothing behind: a thousand reloads, and each event has as many listeners as before', async () => {
    const heard: number[] = [];
    const listens = plugin('listens', (host) => {
      host.on('scan', () => void heard.push(1));
      host.overrideInterval(() => undefined);
    });
    const test = await testPlugin(listens);
    await test.tick();
    for (let reload = 0; reload < 1000; reload += 1) {
      await test.monitor.reload(testConfiguration(), [loaded(listens)]);
    }
    heard.length = 0;
    await test.tick();
    expect(heard).to.deep.equal([1]);
    expect(test.monitor.describePlugins()).to.have.length(1);
  });
});
