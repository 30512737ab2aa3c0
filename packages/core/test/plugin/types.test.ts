import {
  CLOCK,
  definePlugin,
  TERMINATOR,
  type Clock,
  type PluginDefinition,
  type PluginHost,
  type Violation,
} from '@memory-monitor/core';
import { TestMonitor, testPlugin } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import * as v from 'valibot';

const schema = v.object({ url: v.string(), retries: v.optional(v.number(), 3) });

/**
 * Each `@ts-expect-error` is a statement that holds when this file compiles: the build fails where the line below it
 * has no error any more.
 */
export const doesNotCompile = definePlugin({
  name: 'types',
  apiVersion: 1,
  config: schema,
  setup(host) {
    // @ts-expect-error there is no such event
    host.on('kills', () => {});

    host.on('kill', (kill) => {
      // @ts-expect-error the payload of a kill has no such field
      kill.pid;
      // @ts-expect-error payloads can not be written to
      kill.outcome = 'spared';
      // @ts-expect-error nor can anything in them
      kill.violation.process.name = 'x';
      const name: string = kill.violation.process.name;
      name;
    });

    host.on('scan', ({ samples }) => {
      const pids: Int32Array = samples.pid;
      // @ts-expect-error times are doubles
      const times: Int32Array = samples.startTime;
      [pids, times];
    });

    // @ts-expect-error there is no such verdict
    host.decide(() => ({ verdict: { action: 'pardon' }, reason: 'x' }));

    // @ts-expect-error a verdict needs a reason
    host.decide(() => ({ verdict: { action: 'spare' } }));

    // @ts-expect-error to defer needs a time
    host.decide(() => ({ verdict: { action: 'defer' }, reason: 'x' }));

    // @ts-expect-error limits are answered at once
    host.overrideLimits(async () => await Promise.resolve({ bytes: 1 }));

    // @ts-expect-error an interval is a number
    host.overrideInterval(() => 'soon');

    // @ts-expect-error a detection says what is over which limit
    host.detect(() => [{ processes: [] }]);

    // @ts-expect-error the configuration has no such key
    host.config.uri;
    // @ts-expect-error and this one is a number
    const retries: string = host.config.retries;
    const url: string = host.config.url;

    // @ts-expect-error a clock is no terminator
    host.provide(TERMINATOR, () => host.get(CLOCK));
    const clock: Clock = host.get(CLOCK);
    [retries, url, clock];
  },
});

// @ts-expect-error a plugin has a name
definePlugin({ apiVersion: 1, setup: () => {} });

// @ts-expect-error there is no version 2 of the plugin API
definePlugin({ name: 'future', apiVersion: 2, setup: () => {} });

// @ts-expect-error there is no such need
definePlugin({ name: 'greedy', apiVersion: 1, needs: ['root'], setup: () => {} });

const untyped = definePlugin({ name: 'untyped', apiVersion: 1, setup: () => {} });

export async function testsThatDoNotCompile(): Promise<void> {
  // @ts-expect-error the schema takes a string there
  await testPlugin(doesNotCompile, { config: { url: 7 } });

  // @ts-expect-error and wants one
  await testPlugin(doesNotCompile, { config: { retries: 3 } });

  // @ts-expect-error a configuration is a table
  await testPlugin(untyped, { config: 'url' });

  await testPlugin(untyped, { config: { anything: 7 } });
  await testPlugin(untyped as PluginDefinition, { config: { anything: 7 } });
  const wrong: Readonly<Record<string, unknown>> = { url: 7 };
  await TestMonitor.withPlugins([{ plugin: doesNotCompile, config: wrong }]);
}

describe('the types of the plugin API', () => {
  it('follow from the schema: the configuration is what it gives back', async () => {
    const seen: unknown[] = [];
    const plugin = definePlugin({
      name: 'typed',
      apiVersion: 1,
      config: schema,
      setup(host) {
        const { url, retries }: { url: string; retries: number } = host.config;
        seen.push(url, retries);
      },
    });
    await testPlugin(plugin, { config: { url: 'x' } });
    expect(seen).to.deep.equal(['x', 3]);
  });

  it('let a decider be a function of its own, outside of the plugin', async () => {
    const spareLong = ({ lastedMs }: Violation) =>
      lastedMs > 1000 ? ({ verdict: { action: 'spare' }, reason: 'it has lasted' } as const) : undefined;
    const setup = (host: PluginHost): void => {
      host.decide(spareLong);
    };
    await testPlugin(definePlugin({ name: 'apart', apiVersion: 1, setup }));
  });
});
