import { definePlugin, type CodeTrace, type LoadedPlugin, type PluginHost } from '@memory-monitor/core';
import { TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog } from '../support/hogs.js';

/** Notes as the black box does, and lets itself be read. */
class Notes implements CodeTrace {
  running = 0;

  enter(): number {
    const before = this.running;
    this.running = 1;
    return before;
  }

  leave(before: number): void {
    this.running = before;
  }
}

/** A plugin that notes for each of its hooks whether its code was known to be running. */
function traced(notes: Notes, seen: Map<string, number>): LoadedPlugin {
  const see = (hook: string): undefined => {
    seen.set(hook, notes.running);
    return undefined;
  };
  const definition = definePlugin({
    name: 'traced',
    apiVersion: 1,
    async setup(host: PluginHost) {
      see('setup');
      await Promise.resolve();
      see('setup, later');
      host.on('scan', () => {
        see('on');
      });
      host.overrideInterval(() => {
        see('overrideInterval');
      });
      host.overrideLimits(() => {
        see('overrideLimits');
      });
      host.detect(() => {
        see('detect');
        return [];
      });
      host.decide(() => {
        see('decide');
      });
      host.scanEarly(() => {
        see('scanEarly');
        return 0;
      });
      host.onStart(() => {
        see('onStart');
      });
      host.onDispose(() => {
        see('onDispose');
      });
    },
  });
  const source = { use: 'traced', file: undefined, version: undefined, isIsolated: false };
  return { definition, config: {}, onFailure: 'spare', source, trace: notes };
}

describe('the trace of a plugin’s code', () => {
  it('is on in each of its hooks, and off in between', async () => {
    const notes = new Notes();
    const seen = new Map<string, number>();
    const test = new TestMonitor();
    await test.monitor.usePlugins([traced(notes, seen)]);
    expect(notes.running).to.equal(0);
    test.machine.spawn(hog());
    await test.tick();
    expect(notes.running).to.equal(0);
    await test.stop();
    const hooks = [
      'on',
      'overrideInterval',
      'overrideLimits',
      'detect',
      'decide',
      'scanEarly',
      'onStart',
      'onDispose',
    ];
    expect([...seen.keys()].sort()).to.deep.equal([...hooks, 'setup', 'setup, later'].sort());
    expect([...seen.values()].filter((running) => running !== 1)).to.deep.equal([]);
    expect(notes.running).to.equal(0);
  });

  it('is off again after a hook that throws', async () => {
    const notes = new Notes();
    const definition = definePlugin({
      name: 'broken',
      apiVersion: 1,
      setup(host: PluginHost) {
        host.overrideLimits(() => {
          throw new Error('no such luck');
        });
        host.decide(() => {
          throw new Error('nor here');
        });
      },
    });
    const source = { use: 'broken', file: undefined, version: undefined, isIsolated: false };
    const test = new TestMonitor();
    await test.monitor.usePlugins([{ definition, config: {}, onFailure: 'ignore', source, trace: notes }]);
    test.machine.spawn(hog());
    await test.tick();
    expect(notes.running).to.equal(0);
    expect(test.eventsOf('pluginError').map(({ hook }) => hook)).to.include.members([
      'overrideLimits',
      'decide',
    ]);
  });
});
