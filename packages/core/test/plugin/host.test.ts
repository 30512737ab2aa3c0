import {
  CLOCK,
  definePlugin,
  inject,
  injectable,
  MonitorError,
  pluginHost,
  PROCESS_SOURCE,
  SIGNALLER,
  TERMINATOR,
  token,
  USER_DATABASE,
  type Clock,
  type PluginEventName,
  type PluginHost,
} from '@memory-monitor/core';
import { testPlugin, TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalsOf } from '../support/hogs.js';
import { rejectionOf } from '../support/rejection.js';

/** A plugin that does what the test says. */
const plugin = (setup: (host: PluginHost) => void | Promise<void>, name = 'test') =>
  definePlugin({ name, apiVersion: 1, setup });

describe('a plugin', () => {
  describe('that observes', () => {
    it('hears every event, with its payload', async () => {
      const heard: PluginEventName[] = [];
      const test = await testPlugin(
        plugin((host) => {
          for (const event of [
            'started',
            'memory',
            'scan',
            'violation',
            'decision',
            'kill',
            'stopping',
          ] as const) {
            host.on(event, () => {
              heard.push(event);
            });
          }
        }),
      );
      test.machine.spawn(hog());
      await test.tick();
      await test.stop();
      expect(heard).to.deep.equal(['started', 'memory', 'violation', 'decision', 'scan', 'kill', 'stopping']);
    });

    it('gets the samples of a scan as columns of its own', async () => {
      const pids: number[][] = [];
      const vandal = plugin((host) => {
        host.on('scan', ({ samples }) => {
          pids.push([...samples.pid]);
          samples.pid.fill(0);
        });
      }, 'vandal');
      const curious = plugin((host) => {
        host.on('scan', ({ samples }) => void pids.push([...samples.pid]));
      }, 'curious');
      const test = await TestMonitor.withPlugins([{ plugin: vandal }, { plugin: curious }]);
      const { pid } = test.machine.spawn();
      await test.tick();
      await test.tick();
      expect(pids).to.deep.equal([[pid], [pid], [pid], [pid]]);
    });

    it('can change nothing in a payload', async () => {
      const thrown: unknown[] = [];
      const test = await testPlugin(
        plugin((host) => {
          host.on('violation', ({ violation }) => {
            try {
              (violation as { limitBytes: number }).limitBytes = Infinity;
            } catch (error) {
              thrown.push(error);
            }
          });
        }),
      );
      test.machine.spawn(hog());
      await test.tick();
      expect(thrown[0]).to.be.instanceOf(TypeError);
    });

    it('is told which events there are when it asks for one that there is not', async () => {
      const error = await rejectionOf(
        testPlugin(
          plugin((host) => {
            host.on('kills' as 'kill', () => {});
          }),
        ),
      );
      expect(error.message).to.include('there is no event "kills"; did you mean "kill"?');
    });
  });

  describe('that detects', () => {
    const total = (more: object = {}) =>
      plugin((host) => {
        host.detect(({ samples, terminating }) => {
          const processes = Array.from({ length: samples.count }, (_, index) => ({
            pid: samples.pid[index]!,
            startTime: samples.startTime[index]!,
          })).filter(({ pid }) => !terminating.some((other) => other.pid === pid));
          const usedBytes = samples.rssBytes.reduce((sum, bytes) => sum + bytes, 0);
          return usedBytes > 3 * GB
            ? [{ processes, usedBytes, limitBytes: 3 * GB, reason: 'all processes together', ...more }]
            : [];
        });
      }, 'total');

    it('has a process ended that is below its own limits, and the trail says whose rule that was', async () => {
      const test = await testPlugin(total(), { thresholds: { ramPercentThreshold: 100 } });
      const first = test.machine.spawn({ rssBytes: 1.9 * GB });
      const second = test.machine.spawn({ rssBytes: 1.8 * GB });
      await test.tick();
      expect(signalsOf(test, first.pid)).to.include('SIGTERM');
      expect(signalsOf(test, second.pid)).to.deep.equal([]);
      expect(test.trailOf(first)).to.deep.equal([
        'plugin:total: kill: all processes together: 3.70GB is over 3.00GB',
      ]);
      expect(test.eventsOf('kill')[0]?.violation).to.include({
        rule: 'plugin:total',
        raisedBy: 'total',
        ruleReason: 'all processes together',
        ownBytes: 1.9 * GB,
      });
    });

    it('passes over who is guarded, to the next of its list', async () => {
      const test = await testPlugin(total(), {
        thresholds: { ramPercentThreshold: 100 },
        whitelist: { names: [{ name: 'precious' }] },
      });
      const precious = test.machine.spawn({ comm: 'precious', rssBytes: 1.9 * GB });
      const other = test.machine.spawn({ rssBytes: 1.8 * GB });
      await test.tick();
      expect(signalsOf(test, precious.pid)).to.deep.equal([]);
      expect(signalsOf(test, other.pid)).to.include('SIGTERM');
    });

    it('spares the process if it gave back enough before the signal', async () => {
      const test = await testPlugin(total(), { thresholds: { ramPercentThreshold: 100 } });
      await test.tick();
      const { pid } = test.machine.spawn({ rssBytes: 1.75 * GB });
      test.machine.spawn({ rssBytes: 1.75 * GB });
      test.intents.disk = async () => {
        await Promise.resolve();
        test.machine.change(pid, { rssBytes: 1.25 * GB });
      };
      await test.tick();
      expect(outcomesOf(test)).to.deep.equal(['spared']);
      expect(signalsOf(test)).to.deep.equal([]);
    });

    it('adds nothing about a process that is over its own limit anyway', async () => {
      const test = await testPlugin(total());
      const { pid } = test.machine.spawn({ rssBytes: 4 * GB });
      await test.tick();
      expect(test.eventsOf('violation')).to.have.length(1);
      expect(test.trailOf({ pid })[0]).to.match(/^limits: kill: /);
    });
  });

  describe('that replaces a service', () => {
    it('has its terminator do what it wants, behind the same guards', async () => {
      const freezer = plugin((host) => {
        host.provide(TERMINATOR, () => ({
          terminate: async (request) => {
            const hold = host.get(SIGNALLER).hold(request);
            const attempt = await hold?.signal('SIGSTOP');
            hold?.close();
            return attempt?.isSent === false
              ? attempt.ending
              : { outcome: 'spared', signal: 'SIGSTOP', reason: 'frozen', isFinal: true };
          },
        }));
      });
      const test = await testPlugin(freezer);
      const frozen = test.machine.spawn(hog({ onSignal: () => 'sent' }));
      await test.tick();
      await test.tick();
      await test.tick();
      expect(signalsOf(test, frozen.pid)).to.deep.equal(['SIGSTOP']);
      expect(outcomesOf(test)).to.deep.equal(['spared']);

      // Whitelisted after the decision, before the signal.
      const { pid } = test.machine.spawn(hog());
      test.intents.disk = async () => {
        await Promise.resolve();
        test.machine.change(pid, { oomScoreAdj: -1000 });
      };
      await test.tick();
      expect(signalsOf(test, pid)).to.deep.equal([]);
    });

    it('can build upon the one that it replaces', async () => {
      const doubling = plugin((host) => {
        host.provide(PROCESS_SOURCE, (replaced) => {
          const source = replaced();
          return {
            readMemory: () => ({ ...source.readMemory(), totalBytes: GB }),
            scan: () => source.scan(),
            inspect: (identity) => source.inspect(identity),
            inspectSlowly: async (...args) => await source.inspectSlowly(...args),
          };
        });
      });
      const test = await testPlugin(doubling);
      await test.tick();
      expect(test.eventsOf('scan')[0]?.memory.totalBytes).to.equal(GB);
    });

    it('serves other plugins with services of its own', async () => {
      const GREETING = token<string>('test-greeting');
      const greeted: string[] = [];
      const giver = plugin((host) => {
        host.provide(GREETING, () => 'hello');
      }, 'giver');
      const taker = plugin((host) => {
        greeted.push(host.get(GREETING));
      }, 'taker');
      await TestMonitor.withPlugins([{ plugin: giver }, { plugin: taker }]);
      expect(greeted).to.deep.equal(['hello']);
    });

    const refusals: Record<string, readonly [(host: PluginHost) => void, string, RegExp]> = {
      'that guards depend on': [
        (host) => {
          host.provide(USER_DATABASE, (replaced) => replaced());
        },
        'MM_ERR_DEPENDENCY_SEALED',
        /"user-database"/,
      ],
      'that it has replaced already': [
        (host) => {
          host.provide(CLOCK, (replaced) => replaced());
          host.provide(CLOCK, (replaced) => replaced());
        },
        'MM_ERR_DEPENDENCY_TWICE',
        /"clock"/,
      ],
      'that is in use': [
        (host) => {
          host.get(CLOCK);
          host.provide(CLOCK, (replaced) => replaced());
        },
        'MM_ERR_DEPENDENCY_LATE',
        /"clock"/,
      ],
      'by one that can not be made': [
        (host) => {
          host.provide(TERMINATOR, () => {
            throw new Error('no such luck');
          });
        },
        'MM_ERR_PLUGIN_SETUP',
        /plugin test .*"terminator".*no such luck/,
      ],
    };
    for (const [what, [setup, code, message]] of Object.entries(refusals)) {
      it(`is refused to replace one ${what}`, async () => {
        const error = await rejectionOf(testPlugin(plugin(setup)));
        expect(error).to.be.instanceOf(MonitorError).with.property('code', code);
        expect(error.message).to.match(message);
      });
    }
  });

  it('can be a class whose constructor is injected, with a logger and a host of its own', async () => {
    interface Config {
      readonly greeting: string;
    }
    @injectable()
    class Greeter {
      constructor(@inject(pluginHost<Config>()) host: PluginHost<Config>, @inject(CLOCK) clock: Clock) {
        host.on('started', () => {
          host.logger.info({ atMs: clock.monotonicMs() }, host.config.greeting);
        });
      }
    }
    const classy = plugin((host) => {
      host.resolve(Greeter);
    }, 'classy');
    const test = await testPlugin(classy, { config: { greeting: 'good day' } });
    await test.tick();
    expect(test.log).to.deep.include({
      level: 'info',
      fields: { atMs: 0, event: 'plugin', plugin: 'classy' },
      message: '[classy] good day',
    });
  });

  it('is asked about the owner that a process has by now, not about the one that the scan took it for', async () => {
    const test = await testPlugin(
      plugin((host) => {
        host.provide(PROCESS_SOURCE, (platform) => {
          const source = platform();
          return {
            readMemory: () => source.readMemory(),
            scan: () => {
              const columns = source.scan();
              return { ...columns, uid: columns.uid.map(() => 0) };
            },
            inspect: (identity) => source.inspect(identity),
            inspectSlowly: async (...asked) => await source.inspectSlowly(...asked),
          };
        });
      }),
    );
    test.machine.spawn(hog({ uid: 1000 }));
    const ofRoot = test.machine.spawn(hog({ uid: 0 }));
    await test.tick();
    await test.tick();
    expect(new Set(test.machine.signals.map(({ pid }) => pid))).to.deep.equal(new Set([ofRoot.pid]));
  });

  it('can not pose as somebody else in the log', async () => {
    const test = await testPlugin(
      plugin((host) => {
        host.logger.warn({ event: 'kill', plugin: 'other', level: 'x', pid: 7 }, 'forged');
        host.logger.info('only a message');
      }),
    );
    expect(test.log).to.deep.equal([
      { level: 'warn', fields: { event: 'plugin', plugin: 'test', pid: 7 }, message: '[test] forged' },
      { level: 'info', fields: { event: 'plugin', plugin: 'test' }, message: '[test] only a message' },
    ]);
  });
});
