import {
  definePlugin,
  IsolatedPlugin,
  PluginServer,
  type FromChild,
  type LoadedPlugin,
  type PluginDefinition,
  type PluginProcess,
  type PluginProcessListener,
  type ToChild,
} from '@memory-monitor/core';
import { settle, TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { hog, outcomesOf, signalsOf } from '../../support/hogs.js';
import { rejectionOf } from '../../support/rejection.js';

/** A process that is none: the other end of the link in this one, with everything that may go wrong. */
class FakeProcess implements PluginProcess {
  static nextPid = 500;
  readonly pid = FakeProcess.nextPid++;
  backlogBytes = 0;
  /** Takes messages, and does nothing about them: it hangs. */
  isHanging = false;
  isOver = false;
  /** Takes its time to end, as one that has left others behind does. */
  isSlowToEnd = false;
  readonly received: ToChild[] = [];
  readonly #listener: PluginProcessListener;
  readonly #server: PluginServer;

  constructor(definition: PluginDefinition, listener: PluginProcessListener, test: TestMonitor) {
    this.#listener = listener;
    this.#server = new PluginServer({
      clock: test.clock,
      send: (message) => {
        this.emit(message);
      },
      importPlugin: async () => await Promise.resolve(definition),
    });
  }

  send(message: ToChild): void {
    this.received.push(message);
    if (!this.isHanging) {
      void this.#server.take(structuredClone(message));
    }
  }

  emit(message: FromChild): void {
    if (!this.isOver) {
      this.#listener.onMessage(JSON.parse(JSON.stringify(message)) as FromChild);
    }
  }

  end(): void {
    if (!this.isSlowToEnd) {
      this.exit('it was ended by SIGKILL');
    }
  }

  exit(how: string): void {
    if (!this.isOver) {
      this.isOver = true;
      this.#listener.onExit(how);
    }
  }
}

interface Isolated {
  readonly test: TestMonitor;
  /** Every process that was started, the latest last. */
  readonly processes: FakeProcess[];
  readonly plugin: IsolatedPlugin;
}

async function isolated(
  definition: PluginDefinition,
  options: TestMonitorOptions & { readonly config?: Record<string, unknown> } = {},
): Promise<Isolated> {
  const test = new TestMonitor(options);
  const processes: FakeProcess[] = [];
  const plugin = new IsolatedPlugin({
    launch: (listener) => {
      const started = new FakeProcess(definition, listener, test);
      processes.push(started);
      return started;
    },
    clock: test.clock,
    code: { file: '/compiled.mjs', entryPath: '/plugin.ts', inputs: [] },
    use: './plugin.ts',
    config: options.config ?? {},
  });
  const loaded = await plugin.load();
  if (loaded.issues !== undefined) {
    throw new Error(JSON.stringify(loaded.issues));
  }
  const configured: LoadedPlugin = {
    definition: plugin.definition(loaded.description),
    config: undefined,
    onFailure: 'spare',
    source: { use: './plugin.ts', file: '/plugin.ts', version: undefined, isIsolated: true },
    isolation: () => plugin.state,
    discard: () => {
      void plugin.discard();
    },
  };
  await test.monitor.usePlugins([configured]);
  return { test, processes, plugin };
}

const warning = definePlugin({
  name: 'warning',
  apiVersion: 1,
  setup(host) {
    host.decide((violation) => ({
      verdict: { action: 'warn' },
      reason: `${violation.process.name} gets a warning`,
    }));
    host.on('violation', ({ violation }) => {
      host.logger.info({ pid: violation.process.pid }, 'seen');
    });
  },
});

describe('an isolated plugin', () => {
  it('decides, observes and logs as any other', async () => {
    const { test } = await isolated(warning);
    const process = test.machine.spawn(hog());
    await test.tick();
    expect(test.trailOf(process)[1]).to.equal('plugin:warning: warn: hog gets a warning');
    expect(signalsOf(test)).to.deep.equal([]);
    expect(test.log).to.deep.include({
      level: 'info',
      fields: { event: 'plugin', plugin: 'warning', pid: process.pid },
      message: '[warning] seen',
    });
  });

  it('gets the samples of scans as typed arrays, and detects', async () => {
    const detecting = definePlugin({
      name: 'detecting',
      apiVersion: 1,
      setup(host) {
        host.detect(({ samples }) => {
          const [pid = 0, startTime = 0] = [samples.pid[0], samples.startTime[0]];
          return samples.pid instanceof Int32Array
            ? [{ processes: [{ pid, startTime }], usedBytes: 10, limitBytes: 9, reason: 'found' }]
            : [];
        });
        host.overrideInterval((seconds) => seconds / 2);
      },
    });
    const { test } = await isolated(detecting);
    test.machine.spawn({ rssBytes: 10 });
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
    await test.clock.advance(15_000);
    expect(test.eventsOf('scan')).to.have.length(2);
  });

  it('gets payloads that are frozen there too', async () => {
    const vandal = definePlugin({
      name: 'vandal',
      apiVersion: 1,
      setup(host) {
        host.decide((violation) => {
          (violation as { limitBytes: number }).limitBytes = 0;
          return undefined;
        });
      },
    });
    const { test } = await isolated(vandal);
    test.machine.spawn(hog());
    await test.tick();
    expect(test.eventsOf('pluginError')[0]?.message).to.match(/read only property/);
  });

  for (const method of ['get', 'provide', 'resolve', 'overrideLimits'] as const) {
    it(`that uses host.${method} is refused, with what it may use`, async () => {
      const reaching = definePlugin({
        name: 'reaching',
        apiVersion: 1,
        setup(host) {
          (host[method] as (argument: unknown) => void)(() => undefined);
        },
      });
      const error = await rejectionOf(isolated(reaching));
      expect(error.code).to.equal('MM_ERR_PLUGIN_ISOLATED');
      expect(error.message).to.include(`can not use host.${method};`);
    });
  }

  it('that fails has its failure told with hook and stack, and the process is spared', async () => {
    const failing = definePlugin({
      name: 'failing',
      apiVersion: 1,
      setup(host) {
        host.decide(() => {
          throw new Error('a bug');
        });
        host.on('violation', async () => {
          await Promise.reject(new Error('another'));
        });
      },
    });
    const { test } = await isolated(failing);
    const process = test.machine.spawn(hog());
    await test.tick();
    const errors = test.eventsOf('pluginError');
    expect(errors.map(({ hook, message }) => `${hook}: ${message}`)).to.have.members([
      'decide: a bug',
      'on:violation: another',
    ]);
    expect(errors[0]?.stack).to.match(/isolated-plugin\.test/);
    expect(test.trailOf(process)[1]).to.match(/^plugin:failing: spare: failed, .*: a bug$/);
  });

  it('is gone when it is discarded, and not before, unless it can not be ended', async () => {
    for (const isEndless of [false, true]) {
      const { test, processes, plugin } = await isolated(warning);
      processes[0]!.isSlowToEnd = true;
      let isGone = false;
      const discarding = plugin.discard().then(() => {
        isGone = true;
      });
      await test.clock.advance(3000);
      expect(isGone).to.equal(false);
      if (isEndless) {
        await test.clock.advance(1001);
      } else {
        processes[0]?.exit('it was ended by SIGKILL');
      }
      await discarding;
    }
  });

  it('is disposed of with the monitor, and its process ended', async () => {
    const { test, processes } = await isolated(warning);
    await test.tick();
    await test.stop();
    expect(processes[0]?.received.at(-1)?.type).to.equal('dispose');
    expect(processes[0]?.isOver).to.equal(true);
    expect(test.eventsOf('pluginError')).to.deep.equal([]);
  });

  describe('whose process ends', () => {
    it('is told once, spared meanwhile, and started again after a second', async () => {
      const { test, processes, plugin } = await isolated(warning);
      await test.tick();
      processes[0]?.exit('it exited with code 3');
      expect(plugin.state).to.deep.include({ state: 'restarting', restarts: 0 });
      const process = test.machine.spawn(hog());
      await settle();
      expect(test.eventsOf('pluginError')).to.have.length(1);
      expect(test.eventsOf('pluginError')[0]).to.include({
        plugin: 'warning',
        hook: 'isolation',
        message: 'its process ended: it exited with code 3',
      });
      await test.clock.advance(999);
      expect(processes).to.have.length(1);
      await test.clock.advance(1);
      expect(processes).to.have.length(2);
      expect(plugin.state).to.deep.equal({ state: 'running', pid: processes[1]?.pid, restarts: 1 });
      await test.tick();
      expect(test.trailOf(process)[1]).to.equal('plugin:warning: warn: hog gets a warning');
    });

    it('is asked nothing before it is set up again, since no answer would be no opinion', async () => {
      const release: (() => void)[] = [];
      let setups = 0;
      const slowToStart = definePlugin({
        name: 'slow-to-start',
        apiVersion: 1,
        async setup(host) {
          setups += 1;
          if (setups > 1) {
            await new Promise<void>((resolve) => release.push(resolve));
          }
          host.decide(() => ({ verdict: { action: 'warn' }, reason: 'as ever' }));
        },
      });
      const { test, processes, plugin } = await isolated(slowToStart, {
        thresholds: { checkIntervalSeconds: 1 },
      });
      await test.tick();
      processes[0]?.exit('it crashed');
      await test.clock.advance(1500);
      expect(processes).to.have.length(2);
      expect(plugin.state.state).to.equal('restarting');
      const process = test.machine.spawn(hog());
      await test.tick();
      expect(test.trailOf(process)[1]).to.match(/spare: failed, .*its process is being started again$/);
      release.forEach((resolve) => {
        resolve();
      });
      await test.tick();
      await test.tick();
      expect(test.trailOf(process)[1]).to.equal('plugin:slow-to-start: warn: as ever');
      expect(signalsOf(test)).to.deep.equal([]);
    });

    it('in the middle of a question is a failed answer', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]!.isHanging = true;
      const process = test.machine.spawn(hog());
      await test.clock.advance(30_000);
      processes[0]?.exit('it exited with code 1');
      await settle();
      expect(test.trailOf(process)[1]).to.match(/spared: its process ended: it exited with code 1$/);
    });

    it('five times within ten minutes is not started any more, and still spares', async () => {
      const { test, processes, plugin } = await isolated(warning);
      await test.tick();
      const pauses = [1000, 2000, 4000, 8000];
      for (const pauseMs of pauses) {
        processes.at(-1)?.exit('it crashed');
        await test.clock.advance(pauseMs - 1);
        const before = processes.length;
        await test.clock.advance(1);
        expect(processes.length).to.equal(before + 1);
      }
      processes.at(-1)?.exit('it crashed');
      await test.clock.advance(600_000);
      expect(processes).to.have.length(5);
      expect(plugin.state).to.include({ state: 'disabled' });
      const [, disabled] = test.eventsOf('pluginError').map(({ hook, message }) => ({ hook, message }));
      expect(disabled?.hook).to.equal('isolation:disabled');
      expect(disabled?.message).to.match(
        /not started any more.* 5 times within 10 minutes; the last time: it crashed/,
      );
      const process = test.machine.spawn(hog());
      await test.tick();
      expect(test.trailOf(process)[1]).to.match(
        /spare: failed, .*ended too often and is not started any more$/,
      );
      expect(signalsOf(test)).to.deep.equal([]);
    });

    it('once an hour is started again each time', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      for (let hour = 0; hour < 8; hour += 1) {
        processes.at(-1)?.exit('it crashed');
        await test.clock.advance(3_600_000);
      }
      expect(processes).to.have.length(9);
    });

    it('is not followed by another before nothing of it runs: what is left would be taken for the other', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]?.exit('it crashed');
      await settle();
      await test.clock.advance(999);
      const before = processes.length;
      await test.clock.advance(1);
      expect(processes).to.have.length(before + 1);
      const second = processes.at(-1)!;
      second.isSlowToEnd = true;
      second.emit({ type: 'refused', code: 'MM_ERR_PLUGIN_SETUP', message: 'no' });
      await settle();
      await test.clock.advance(60_000);
      expect(processes).to.have.length(before + 1);
      second.exit('it was ended by SIGKILL');
      await test.clock.advance(60_000);
      expect(processes).to.have.length(before + 2);
    });

    it('is not started again once the plugin has been disposed of', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]?.exit('it crashed');
      await settle();
      await test.stop();
      await test.clock.advance(60_000);
      expect(processes).to.have.length(1);
    });
  });

  describe('that runs wild', () => {
    it('is ended when it takes no message for five seconds, and started again', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]!.isHanging = true;
      const process = test.machine.spawn(hog());
      await test.tick();
      await test.clock.advance(1000);
      expect(test.trailOf(process)[1]).to.match(/spare: failed, .*: no answer within 1000 ms$/);
      await test.clock.advance(4500);
      expect(processes[0]?.isOver).to.equal(true);
      expect(test.eventsOf('pluginError').map(({ hook, message }) => `${hook}: ${message}`)).to.deep.equal([
        'decide: no answer within 1000 ms',
        'isolation: its process ended: it was ended, since it has taken no message for 5 s',
      ]);
      await test.clock.advance(1000);
      expect(processes).to.have.length(2);
    });

    it('is left alone while it only takes its time over an answer', async () => {
      const slow = definePlugin({
        name: 'slow',
        apiVersion: 1,
        setup(host) {
          host.decide(async () => await new Promise(() => {}));
        },
      });
      const { test, processes } = await isolated(slow);
      test.machine.spawn(hog());
      await test.tick();
      await test.clock.advance(60_000);
      expect(processes).to.have.length(1);
      expect(test.eventsOf('pluginError').map(({ hook }) => hook)).to.deep.equal(['decide']);
    });

    it('is ended when it floods the monitor with messages', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      for (let message = 0; message < 3000; message += 1) {
        processes[0]?.emit({ type: 'log', level: 'debug', fields: {}, message: 'x' });
      }
      expect(processes[0]?.isOver).to.equal(true);
      await settle();
      const [first, second] = test.eventsOf('pluginError').map(({ message }) => message);
      expect(first).to.include('more than 100 lines in a second');
      expect(second).to.include('more than 2000 messages in a second');
    });

    it('has 100 lines of log in a second, and the rest is left out', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      const linesOf = (): number => test.log.filter(({ message }) => message.includes('chatter')).length;
      const chatter = (): void => {
        for (let message = 0; message < 150; message += 1) {
          processes[0]?.emit({ type: 'log', level: 'info', fields: {}, message: 'chatter' });
        }
      };
      chatter();
      expect(linesOf()).to.equal(100);
      await test.clock.advance(1001);
      chatter();
      expect(linesOf()).to.equal(200);
      expect(processes[0]?.isOver).to.equal(false);
    });

    it('may answer as many questions as it was asked, however many in one second', async () => {
      const sparing = definePlugin({
        name: 'sparing',
        apiVersion: 1,
        setup(host) {
          for (const time of ['first', 'second', 'third']) {
            host.decide(() => ({
              verdict: { action: 'spare' },
              reason: `all of them, for the ${time} time`,
            }));
          }
        },
      });
      const { test, processes } = await isolated(sparing);
      await test.tick();
      for (let count = 0; count < 900; count += 1) {
        test.machine.spawn(hog());
      }
      await test.tick();
      expect(processes[0]?.isOver).to.equal(false);
      expect(test.eventsOf('pluginError')).to.deep.equal([]);
    });

    it('acknowledges nothing that it was not sent', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]?.emit({ type: 'taken', sequence: 1e9 });
      test.machine.spawn(hog());
      await test.tick();
      expect(test.eventsOf('kill')).to.deep.equal([]);
      expect(processes[0]?.isOver).to.equal(false);
    });

    it('has events left out while it does not keep up, and that is told once', async () => {
      const { test, processes } = await isolated(warning);
      await test.tick();
      processes[0]!.backlogBytes = 2 * 1024 * 1024;
      const before = processes[0]!.received.length;
      test.machine.spawn(hog());
      await test.tick();
      expect(processes[0]!.received.filter(({ type }) => type === 'event')).to.have.length(0);
      expect(processes[0]!.received.length).to.be.at.least(before);
      expect(test.eventsOf('pluginError')[0]).to.include({ hook: 'on:violation' });
      expect(test.eventsOf('pluginError')[0]?.message).to.match(/does not keep up/);
    });
  });

  it('whose configuration is wrong is not set up, and says where', async () => {
    const { type } = await import('arktype');
    const strict = definePlugin({
      name: 'strict',
      apiVersion: 1,
      config: type({ url: 'string' }),
      setup: () => {},
    });
    try {
      await isolated(strict, { config: { url: 7 } });
      expect.fail('it was set up');
    } catch (error) {
      expect((error as Error).message).to.match(/"path":\["url"\]/);
    }
  });

  it('of another API version is refused as any other', async () => {
    const future = { ...warning, apiVersion: 2 } as unknown as PluginDefinition;
    const error = await rejectionOf(isolated(future));
    expect(error.code).to.equal('MM_ERR_PLUGIN_API_VERSION');
  });
});
