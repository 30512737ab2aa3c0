import { CLOCK, definePlugin, type HookName, type PluginHost } from '@memory-monitor/core';
import { testPlugin, TestMonitor, type TestMonitorOptions } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { GB, hog, signalsOf } from '../support/hogs.js';

type Behaviour = (host: PluginHost) => unknown;

/** Ways in which a hook can fail, with what is told about it. */
const BEHAVIOURS: Record<string, readonly [Behaviour, RegExp]> = {
  throws: [
    () => {
      throw new Error('a bug');
    },
    /^a bug$/,
  ],
  'throws something else than an error': [
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- plugins are plain JavaScript in the end
      throw 'a bug';
    },
    /^a bug$/,
  ],
  'throws what has no text': [
    () => {
      throw Object.create(null);
    },
    /^something that has no text$/,
  ],
  rejects: [async () => await Promise.reject(new Error('a bug')), /^a bug$/],
  'hangs asynchronously': [async () => await new Promise(() => {}), /within \d+ ms$/],
  'answers late': [
    async (host) => {
      await host.get(CLOCK).sleep(20_000);
      return undefined;
    },
    /within \d+ ms$/,
  ],
  'answers garbage': [() => 42n, /answer/],
};

/** Hooks that answer, with how a behaviour is registered as one. */
const HOOKS: Record<string, (host: PluginHost, behave: () => never) => void> = {
  decide: (host, behave) => {
    host.decide(behave);
  },
  detect: (host, behave) => {
    host.detect(behave);
  },
  overrideInterval: (host, behave) => {
    host.overrideInterval(behave);
  },
  overrideLimits: (host, behave) => {
    host.overrideLimits(behave);
  },
  'on:violation': (host, behave) => {
    host.on('violation', behave);
  },
  'on:scan': (host, behave) => {
    host.on('scan', behave);
  },
};

/** What has no meaning: nobody reads what a listener answers. */
const MEANINGLESS = new Set(['on:violation answers garbage', 'on:scan answers garbage']);

function failing(hook: string, behave: Behaviour) {
  return definePlugin({
    name: 'failing',
    apiVersion: 1,
    setup(host) {
      HOOKS[hook]?.(host, (() => behave(host)) as () => never);
    },
  });
}

const bystander = (asked: string[]) =>
  definePlugin({
    name: 'bystander',
    apiVersion: 1,
    setup(host) {
      host.on('violation', () => void asked.push('on'));
      host.detect(() => {
        asked.push('detect');
        return undefined;
      });
      host.decide(() => {
        asked.push('decide');
        return undefined;
      });
    },
  });

describe('a hook that fails', () => {
  for (const [hook] of Object.entries(HOOKS)) {
    for (const [how, [behave, message]] of Object.entries(BEHAVIOURS)) {
      if (MEANINGLESS.has(`${hook} ${how}`)) {
        continue;
      }
      // Limits have to be answered at once: whatever comes later is no answer.
      const told = hook === 'overrideLimits' && /late|hangs|rejects/.test(how) ? /promise/ : message;
      it(`(${hook} ${how}) is told once, by name, and nobody else notices`, async () => {
        const asked: string[] = [];
        const test = await TestMonitor.withPlugins([
          { plugin: failing(hook, behave) },
          { plugin: bystander(asked) },
        ]);
        test.machine.spawn(hog());
        await test.tick();
        await test.clock.advance(40_000);

        expect(test.eventsOf('scan').length).to.be.at.least(2);
        expect(new Set(asked)).to.deep.equal(new Set(['on', 'detect', 'decide']));
        const errors = test.eventsOf('pluginError');
        expect(errors.map(({ plugin, hook: failed }) => `${plugin} ${failed}`)).to.deep.equal([
          `failing ${hook}`,
        ]);
        expect(errors[0]?.message).to.match(told);
      });
    }
  }

  it('is told again after ten minutes, with how often it has failed since', async () => {
    const test = await testPlugin(
      failing('overrideInterval', () => {
        throw new Error('a bug');
      }),
    );
    await test.tick();
    for (let tick = 0; tick < 25; tick += 1) {
      await test.tick();
    }
    expect(test.eventsOf('pluginError').map(({ failures }) => failures)).to.deep.equal([1, 20]);
  });

  it('is told with its stack', async () => {
    const test = await testPlugin(
      failing('on:scan', () => {
        throw new Error('a bug');
      }),
    );
    await test.tick();
    expect(test.eventsOf('pluginError')[0]?.stack).to.match(/failures\.test/);
  });

  it('with a stack that is no text is told without', async () => {
    const test = await testPlugin(
      failing('on:scan', () => {
        throw Object.assign(new Error('a bug'), { stack: [{ line: 7 }] });
      }),
    );
    await test.tick();
    expect(test.eventsOf('pluginError')[0]).to.include({ message: 'a bug', stack: undefined });
  });

  describe('and says what the limits are', () => {
    const lenient = (host: PluginHost): unknown => {
      host;
      throw new Error('a bug');
    };
    const trailOf = async (onFailure: 'spare' | 'ignore'): Promise<[TestMonitor, string[]]> => {
      const test = await testPlugin(failing('overrideLimits', lenient), { onFailure });
      const process = test.machine.spawn(hog());
      await test.tick();
      return [test, test.trailOf(process)];
    };

    it('has the process spared that is over the limits without it', async () => {
      const [test, trail] = await trailOf('spare');
      expect(signalsOf(test)).to.deep.equal([]);
      expect(trail[1]).to.equal(
        'plugin:failing: spare: failed to say what the limits are, so the process is spared: a bug',
      );
    });

    it('counts as silent where on_failure says so', async () => {
      const [test, trail] = await trailOf('ignore');
      expect(signalsOf(test)).to.include('SIGTERM');
      expect(trail[1]).to.match(/^plugin:failing: kill: failed to say .* and is ignored: a bug$/);
    });

    it('leaves alone who is within the limits', async () => {
      const test = await testPlugin(failing('overrideLimits', lenient));
      test.machine.spawn({ rssBytes: GB });
      await test.tick();
      expect(test.eventsOf('violation')).to.deep.equal([]);
    });
  });

  it('and is a listener that never ends is not called any more once a hundred calls are under way', async () => {
    const calls: number[] = [];
    const test = await testPlugin(
      failing('on:scan', async () => {
        calls.push(1);
        await new Promise(() => {});
      }),
    );
    for (let tick = 0; tick < 150; tick += 1) {
      await test.tick();
    }
    expect(calls).to.have.length(100);
  });

  it('and is a listener of pluginError does not go round in circles', async () => {
    const test = await testPlugin(
      definePlugin({
        name: 'circular',
        apiVersion: 1,
        setup(host) {
          host.on('pluginError', () => {
            throw new Error('again');
          });
          host.on('scan', () => {
            throw new Error('a bug');
          });
        },
      }),
    );
    await test.tick();
    await test.tick();
    expect(test.eventsOf('pluginError').map(({ hook }) => hook)).to.have.members([
      'on:scan',
      'on:pluginError',
    ] satisfies HookName[]);
  });

  it('and is a terminator is a failed termination, and the failure of its plugin', async () => {
    const options: TestMonitorOptions = {};
    const { TERMINATOR } = await import('@memory-monitor/core');
    const test = await testPlugin(
      definePlugin({
        name: 'careless',
        apiVersion: 1,
        setup(host) {
          host.provide(TERMINATOR, () => ({ terminate: async () => await Promise.resolve({} as never) }));
        },
      }),
      options,
    );
    test.machine.spawn(hog());
    await test.tick();
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed' });
    expect(test.eventsOf('pluginError')[0]).to.include({
      plugin: 'careless',
      hook: 'provide:terminator',
    });
  });

  it('and is a terminator that never answers holds no stop up', async () => {
    const { TERMINATOR } = await import('@memory-monitor/core');
    const test = await testPlugin(
      definePlugin({
        name: 'silent',
        apiVersion: 1,
        setup(host) {
          host.provide(TERMINATOR, () => ({ terminate: async () => await new Promise(() => {}) }));
        },
      }),
    );
    test.machine.spawn(hog());
    await test.tick();
    const beganMs = test.clock.monotonicMs();
    await test.stop();
    expect(test.clock.monotonicMs() - beganMs).to.be.at.most(7000);
    expect(test.eventsOf('kill')[0]).to.include({ outcome: 'failed' });
  });
});
