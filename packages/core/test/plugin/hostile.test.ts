// What plain JavaScript can hand the monitor, whatever the types promise: each is one failure that names plugin and hook,
// and the monitor goes on.
import {
  CLOCK,
  definePlugin,
  INTENT_LOG,
  PROCESS_SOURCE,
  SIGNALLER,
  TERMINATOR,
  type Clock,
  type Detection,
  type IntentLog,
  type LimitsChange,
  type PluginHost,
  type ProcessSource,
  type Signaller,
  type Terminator,
} from '@memory-monitor/core';
import { TestMonitor } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, outcomesOf, signalsOf } from '../support/hogs.js';
import { rejectionOf } from '../support/rejection.js';

const hostile = (setup: (host: PluginHost) => void) => ({
  plugin: definePlugin({ name: 'hostile', apiVersion: 1, setup }),
});

async function withHostile(setup: (host: PluginHost) => void): Promise<TestMonitor> {
  return await TestMonitor.withPlugins([hostile(setup)]);
}

async function refusalOf(setup: (host: PluginHost) => void): Promise<string> {
  const { code, message } = await rejectionOf(withHostile(setup));
  expect(code).to.equal('MM_ERR_PLUGIN_SETUP');
  return message;
}

const failuresOf = (test: TestMonitor): string[] =>
  test.eventsOf('pluginError').map(({ plugin, hook, message }) => `${plugin}, ${hook}: ${message}`);

const LONG = 'x'.repeat(100_000);

describe('a hostile plugin', () => {
  describe('that brings a clock', () => {
    const broken = (now: () => number, monotonicMs: () => number): Clock => ({
      now,
      monotonicMs,
      sleep: async () => {
        await Promise.reject(new Error('no sleep'));
      },
    });

    it('is refused if the clock gives no time from the start', async () => {
      const message = await refusalOf((host) => {
        host.provide(CLOCK, () =>
          broken(
            () => Number.NaN,
            () => 0,
          ),
        );
      });
      expect(message).to.include('now() is no number of milliseconds');
    });

    it('is refused if it is none', async () => {
      const message = await refusalOf((host) => {
        host.provide(CLOCK, () => ({ now: () => 0 }) as unknown as Clock);
      });
      expect(message).to.include('a service "clock" has to have monotonicMs(), sleep()');
    });

    it('loses it to the clock of the platform when it fails later, and hogs are ended on', async () => {
      let isBroken = false;
      const test = await withHostile((host) => {
        host.provide(CLOCK, (platform) => {
          const clock = platform();
          return {
            now: () => clock.now(),
            monotonicMs: () => {
              if (isBroken) {
                throw new Error('no time');
              }
              return clock.monotonicMs();
            },
            sleep: async (ms, ...aborts) => {
              await clock.sleep(ms, ...aborts);
            },
          };
        });
      });
      await test.tick();
      isBroken = true;
      const { pid } = test.machine.spawn(hog());
      await test.tick();
      await test.tick();
      expect(signalsOf(test, pid)).to.deep.equal(['SIGTERM', 'SIGCONT']);
      expect(outcomesOf(test)).to.deep.equal(['terminated']);
      expect(failuresOf(test)).to.deep.equal(['hostile, provide:clock: no time']);
    });
  });

  describe('that brings a process source', () => {
    const withSource = async (
      make: (platform: ProcessSource) => Partial<ProcessSource>,
    ): Promise<TestMonitor> =>
      await withHostile((host) => {
        host.provide(PROCESS_SOURCE, (platform) => {
          const source = platform();
          return {
            readMemory: () => source.readMemory(),
            scan: () => source.scan(),
            inspect: (identity) => source.inspect(identity),
            inspectSlowly: async (...asked) => await source.inspectSlowly(...asked),
            ...make(source),
          };
        });
      });
    const scanErrorsOf = (test: TestMonitor): string[] =>
      test.log.filter(({ level }) => level === 'error').map(({ message }) => message);

    it('ends nobody upon columns that are too short', async () => {
      const test = await withSource((source) => ({
        scan: () => ({ ...source.scan(), rssBytes: new Float64Array(0) }),
      }));
      test.machine.spawn(hog());
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      expect(scanErrorsOf(test).join()).to.include('scan() has to give rssBytes');
    });

    it('is refused if its machine has no memory', async () => {
      const refusal = rejectionOf(
        withSource(() => ({ readMemory: () => ({ totalBytes: 0, availableBytes: 0, usedBytes: 0 }) })),
      );
      expect((await refusal).message).to.include('readMemory() has to give totalBytes, more than 0');
    });

    it('ends nobody upon a machine that has lost its memory', async () => {
      let totalBytes = 24 * GB;
      const test = await withSource(() => ({
        readMemory: () => ({ totalBytes, availableBytes: 0, usedBytes: 0 }),
      }));
      await test.tick();
      totalBytes = Number.NaN;
      test.machine.spawn(hog());
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      expect(scanErrorsOf(test).join()).to.include('readMemory() has to give totalBytes, more than 0');
    });

    it('has nobody ended in the place of another', async () => {
      const bystanders: { pid: number; startTime: number }[] = [];
      const test = await withSource((source) => ({
        inspect: () => source.inspect(bystanders[0]!),
      }));
      bystanders.push(test.machine.spawn({ rssBytes: GB }));
      test.machine.spawn(hog());
      await test.tick();
      expect(test.machine.signals).to.deep.equal([]);
      expect(failuresOf(test)[0]).to.match(/^hostile, provide:process-source: inspect\(\) has to give/);
    });

    it('does not stop the loop by a slow read that never ends', async () => {
      const test = await withSource(() => ({ inspectSlowly: async () => await new Promise(() => {}) }));
      test.machine.spawn(hog());
      await test.tick();
      await test.tick();
      await test.tick();
      expect(test.eventsOf('scan').length).to.be.at.least(2);
    });
  });

  describe('that changes limits', () => {
    const withAnswer = async (answer: unknown): Promise<TestMonitor> => {
      const test = await withHostile((host) => {
        host.overrideLimits(() => answer as LimitsChange);
      });
      test.machine.spawn(hog());
      await test.tick();
      return test;
    };

    it('is told which key it has invented, and the process is spared', async () => {
      const test = await withAnswer({ percentOfRam: 90, byte: 9 * GB });
      expect(failuresOf(test)).to.deep.equal([
        'hostile, overrideLimits: the answer has "byte"; accepted: percentOfRam, bytes and reason',
      ]);
      expect(test.machine.signals).to.deep.equal([]);
    });

    it('has to give its reason as a text', async () => {
      expect(failuresOf(await withAnswer({ bytes: GB, reason: { toString: 1 } }))).to.deep.equal([
        'hostile, overrideLimits: the reason has to be a string',
      ]);
    });

    it('has a reason beyond all reading cut', async () => {
      const test = await withAnswer({ bytes: GB, reason: LONG });
      const [decision] = test.eventsOf('decision');
      const lengths = decision?.trail.map(({ reason }) => reason.length) ?? [];
      expect(Math.max(...lengths)).to.be.within(1000, 2000);
    });
  });

  describe('that decides', () => {
    it('has a reason beyond all reading cut', async () => {
      const test = await withHostile((host) => {
        host.decide(() => ({ verdict: { action: 'warn' }, reason: LONG }));
      });
      const process = test.machine.spawn(hog());
      await test.tick();
      expect(test.trailOf(process).join()).to.match(/hostile: warn: x{999}…/);
    });

    it('has a failure beyond all reading cut', async () => {
      const test = await withHostile((host) => {
        host.decide(() => {
          throw new Error(LONG);
        });
      });
      const process = test.machine.spawn(hog());
      await test.tick();
      expect(test.trailOf(process).join().length).to.be.lessThan(3000);
      expect(failuresOf(test).join().length).to.be.lessThan(2000);
    });
  });

  describe('that detects', () => {
    it('can not change afterwards what it has raised', async () => {
      const test = await withHostile((host) => {
        const raised: { reason: string }[] = [];
        host.on('violation', () => {
          raised[0]!.reason = 'as it is now';
        });
        host.detect(({ samples }) => {
          const detection: { -readonly [K in keyof Detection]: Detection[K] } = {
            processes: [{ pid: samples.pid[0]!, startTime: samples.startTime[0]! }],
            usedBytes: 5,
            limitBytes: 4,
            reason: 'as it was',
          };
          raised.push(detection);
          return [detection];
        });
      });
      test.machine.spawn({ rssBytes: GB });
      await test.tick();
      const [decision] = test.eventsOf('decision');
      expect(decision?.trail[0]?.reason).to.match(/^as it was: /);
    });

    it('raises at most a thousand violations in a scan', async () => {
      const test = await withHostile((host) => {
        host.detect(() =>
          Array.from({ length: 1001 }, () => ({
            processes: [],
            usedBytes: 2,
            limitBytes: 1,
            reason: 'many',
          })),
        );
      });
      await test.tick();
      expect(failuresOf(test)).to.deep.equal([
        'hostile, detect: the answer has 1001 detections; accepted: at most 1000',
      ]);
    });
  });

  describe('that brings a terminator', () => {
    it('is told what its answer lacks, and the kill has failed', async () => {
      const test = await withHostile((host) => {
        host.provide(TERMINATOR, () => ({
          terminate: async () =>
            (await Promise.resolve({ outcome: 'killed', reason: 'so', signal: 'SIGFOO' })) as never,
        }));
      });
      test.machine.spawn(hog());
      await test.tick();
      expect(outcomesOf(test)).to.deep.equal(['failed']);
      expect(failuresOf(test)).to.deep.equal([
        'hostile, provide:terminator: the terminator answered a signal that there is not',
      ]);
    });

    it('is refused if it is none', async () => {
      const message = await refusalOf((host) => {
        host.provide(TERMINATOR, () => ({ terminate: 'yes' }) as unknown as Terminator);
      });
      expect(message).to.include('a service "terminator" has to have terminate()');
    });

    it('of its signaller alone is the one who failed', async () => {
      const test = await withHostile((host) => {
        host.provide(SIGNALLER, (): Signaller => ({
          hold: () => {
            throw new Error('let go');
          },
        }));
      });
      test.machine.spawn(hog());
      await test.tick();
      expect(outcomesOf(test)).to.deep.equal(['failed']);
      expect(failuresOf(test)).to.deep.equal(['hostile, provide:signaller: let go']);
    });
  });

  it('that brings a log of intents which throws holds up no kill', async () => {
    const fails = (): never => {
      throw new Error('no disk');
    };
    const test = await withHostile((host) => {
      host.provide(INTENT_LOG, (): IntentLog => ({
        begin: fails,
        end: fails,
        recover: fails,
        forget: fails,
      }));
    });
    test.machine.spawn(hog());
    await test.tick();
    expect(outcomesOf(test)).to.deep.equal(['terminated']);
  });

  it('can not keep the loop waiting by a deadline of its own', async () => {
    for (const deadlineMs of [60_000, 0, -1, Number.NaN, Infinity, '1s' as unknown as number]) {
      const message = await refusalOf((host) => {
        host.decide(() => undefined, { deadlineMs });
      });
      expect(message).to.include(
        `deadlineMs is ${deadlineMs}; accepted: milliseconds, more than 0 and at most 5000`,
      );
    }
  });

  it('can not pose as somebody else in the journal, whatever it calls its fields', async () => {
    const test = await withHostile((host) => {
      host.onStart(() => {
        host.logger.info({ EVENT: 'kill', 'Pl-ugin': 'email', Msg: 'x', pid: 7 }, 'hello');
      });
    });
    await test.tick();
    const line = test.log.find(({ message }) => message.includes('hello'));
    expect(line?.fields).to.deep.equal({ event: 'plugin', plugin: 'hostile', pid: 7 });
  });

  it('can throw what throws when it is looked at', async () => {
    const treacherous = (): never => {
      const error = new Error('innocent');
      Object.defineProperty(error, 'stack', {
        get: () => {
          throw new Error('gotcha');
        },
      });
      throw error;
    };
    const test = await withHostile((host) => {
      host.on('scan', treacherous);
      host.decide(treacherous);
    });
    test.machine.spawn(hog());
    await test.tick();
    await test.tick();
    expect(new Set(failuresOf(test))).to.deep.equal(
      new Set(['hostile, on:scan: innocent', 'hostile, decide: innocent']),
    );
    expect(test.eventsOf('scan')).to.have.length(2);
  });

  it('does not hold up a stop by disposals of many half minutes', async () => {
    const test = await TestMonitor.withPlugins(
      [1, 2, 3, 4].map((number) => ({
        plugin: definePlugin({
          name: `slow-${number}`,
          apiVersion: 1,
          setup(host) {
            host.onDispose(
              async () => {
                await new Promise(() => {});
              },
              { deadlineMs: 30_000 },
            );
          },
        }),
      })),
    );
    await test.tick();
    const before = test.clock.monotonicMs();
    const disposed = test.monitor.disposePlugins();
    const over = disposed.then(() => test.clock.monotonicMs() - before);
    for (let seconds = 0; seconds < 130; seconds += 1) {
      await test.clock.advance(1000);
    }
    expect(await over).to.equal(30_000);
    expect(failuresOf(test)).to.have.length(4);
  });
});
