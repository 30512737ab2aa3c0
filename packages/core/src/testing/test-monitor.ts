import type { Configuration } from '../config/configuration.js';
import { defaultConfiguration } from '../config/parse-configuration.js';
import { composeMonitor } from '../container/compose.js';
import {
  CLOCK,
  INTENT_LOG,
  LOGGER,
  MONITOR_PROCESS,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  TERMINATOR,
  USER_DATABASE,
} from '../container/tokens.js';
import type { Services } from '../container/services.js';
import { messageOf } from '../errors.js';
import { EVENT_NAMES, type DecisionEvent, type EventName, type MonitorEvents } from '../events.js';
import type { Explanation } from '../explain/explanation.js';
import { NO_EXTENSIONS, type Extensions } from '../extensions.js';
import type { Monitor } from '../monitor.js';
import type { PluginDescription } from '../plugin/plugin-set.js';
import type { Logger, MonitorProcess } from '../ports.js';
import type { ProcessIdentity } from '../process.js';
import type { Terminator } from '../termination/terminator.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeIntents } from './fake-intents.js';
import { FakeMachine } from './fake-machine.js';
import { FakeUsers } from './fake-users.js';
import { loadTestPlugins, type TestPlugin } from './test-plugin.js';

/** Parts of a configuration. */
export interface TestConfigurationOptions {
  readonly thresholds?: Partial<Configuration['thresholds']>;
  readonly whitelist?: Partial<Configuration['whitelist']>;
  /** Armed unless it says otherwise. */
  readonly settings?: Partial<Configuration['settings']>;
}

export interface TestMonitorOptions extends TestConfigurationOptions {
  /** When the clock begins, in milliseconds since 1970; 2025-10-03 10:15:30 UTC without it. */
  readonly startMs?: number;
  readonly extensions?: Partial<Extensions>;
  /** Names and ids. */
  readonly users?: FakeUsers;
  readonly terminator?: Terminator;
  readonly self?: Partial<MonitorProcess>;
  /** Provides more services, or others. */
  readonly services?: (services: Services) => void;
}

/** What a reload changes; what is left out stays as it is. */
export interface TestReload extends TestConfigurationOptions {
  /** Without it, those that were there before are set up anew. */
  readonly plugins?: readonly TestPlugin[];
}

/** One line of the test monitor's log. */
export interface LoggedLine {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A whole monitor on a fake machine and a fake clock: the real loop, nothing that it could harm. */
export class TestMonitor {
  readonly clock: FakeClock;
  readonly machine = new FakeMachine();
  readonly users: FakeUsers;
  readonly intents = new FakeIntents();
  readonly log: LoggedLine[] = [];
  readonly monitor: Monitor;
  readonly #events: { readonly name: EventName; readonly payload: unknown }[] = [];
  #configuration: Configuration;
  #plugins: readonly TestPlugin[] = [];
  #running: Promise<void> | undefined;

  constructor(options: TestMonitorOptions = {}) {
    const configuration = testConfiguration(options);
    this.#configuration = configuration;
    this.clock = new FakeClock(options.startMs);
    this.users = options.users ?? new FakeUsers();
    this.monitor = composeMonitor({
      version: '0.0.0-test',
      configuration,
      extensions: { ...NO_EXTENSIONS, ...options.extensions },
      platform: (services) => {
        services
          .provide(CLOCK, () => this.clock)
          .provide(LOGGER, () => this.#logger())
          .provide(MONITOR_PROCESS, () => ({
            pid: 2,
            ancestors: () => [1],
            ownsProcTree: () => true,
            ...options.self,
          }))
          .provide(PROCESS_SOURCE, () => this.machine)
          .provide(PROCESS_HANDLES, () => this.machine)
          .provide(PROCESS_GROUPS, () => this.machine)
          .provide(USER_DATABASE, () => this.users)
          .provide(INTENT_LOG, () => this.intents);
        options.services?.(services);
        const { terminator } = options;
        if (terminator !== undefined) {
          services.provide(TERMINATOR, () => terminator);
        }
      },
    });
    for (const name of EVENT_NAMES) {
      this.monitor.events.on(name, (payload) => {
        this.#events.push({ name, payload });
      });
    }
  }

  /** A test monitor with plugins. Rejects where `memory-monitor run` would refuse to start with them. */
  static async withPlugins(
    plugins: readonly TestPlugin[],
    options: TestMonitorOptions = {},
  ): Promise<TestMonitor> {
    const test = new TestMonitor(options);
    await test.monitor.usePlugins(await loadTestPlugins(plugins, test.clock));
    test.#plugins = plugins;
    return test;
  }

  /** Starts the loop, or lets it reach its next tick; all that follows from that tick has happened afterwards. */
  async tick(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.monitor.run();
      await settle();
    } else {
      await this.clock.advance(this.#configuration.thresholds.checkIntervalSeconds * 1000);
    }
  }

  /**
   * Reloads, as SIGHUP does it. Resolves with false where the new configuration is refused, which the event `reloaded` tells why;
   * then everything is as before. Time passes as long as it takes.
   */
  async reload({ plugins = this.#plugins, ...changes }: TestReload = {}): Promise<boolean> {
    const configuration = changed(this.#configuration, changes);
    const isInForce = await this.#passTimeUntil(this.#reload(configuration, plugins));
    if (isInForce) {
      this.#configuration = configuration;
      this.#plugins = plugins;
    }
    return isInForce;
  }

  /** What `memory-monitor explain` would say of a process; undefined if there is none. */
  async explain(pid: number): Promise<Explanation | undefined> {
    return await this.monitor.explain(pid);
  }

  /** The plugins with their hooks, calls and failures, as `memory-monitor plugins` lists them. */
  describePlugins(): PluginDescription[] {
    return this.monitor.describePlugins();
  }

  /** Stops the monitor; resolves when it has come to its end, for which time passes as long as it has to. */
  async stop(): Promise<void> {
    this.monitor.stop('test');
    await this.#passTimeUntil(this.#running ?? Promise.resolve());
  }

  /** The payloads of one event so far. */
  eventsOf<E extends EventName>(name: E): MonitorEvents[E][] {
    return this.#events
      .filter((event) => event.name === name)
      .map(({ payload }) => payload as MonitorEvents[E]);
  }

  /** The latest decision about a process that was told; undefined if there is none. */
  decisionOf({ pid }: Pick<ProcessIdentity, 'pid'>): DecisionEvent | undefined {
    return this.eventsOf('decision').findLast(({ violation }) => violation.process.pid === pid);
  }

  /** Who said what in that decision, in order: `limits: kill: rss of 3.00GB is over …`. */
  trailOf(process: Pick<ProcessIdentity, 'pid'>): string[] {
    const trail = this.decisionOf(process)?.trail ?? [];
    return trail.map(({ source, action, reason }) => `${source}: ${action}: ${reason}`);
  }

  async #reload(configuration: Configuration, plugins: readonly TestPlugin[]): Promise<boolean> {
    try {
      return await this.monitor.reload(configuration, await loadTestPlugins(plugins, this.clock));
    } catch (error) {
      this.monitor.refuseReload([messageOf(error)]);
      return false;
    }
  }

  async #passTimeUntil<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = (): void => {
      state.isOver = true;
    };
    work.then(over, over);
    await settle();
    while (!state.isOver) {
      await this.clock.advance(100);
    }
    return await work;
  }

  #logger(): Logger {
    const method =
      (level: keyof Logger) =>
      (fields: Readonly<Record<string, unknown>>, message: string): void => {
        this.log.push({ level, fields, message });
      };
    return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
  }
}

/** A configuration for tests: armed, 2 GB or 10 %, every 30 s, an empty whitelist. */
export function testConfiguration(options: TestConfigurationOptions = {}): Configuration {
  const { whitelist, settings, ...rest } = defaultConfiguration();
  const forTests = {
    ...rest,
    whitelist: { ...whitelist, pids: [] },
    settings: { ...settings, dryRun: false },
  };
  return changed(forTests, options);
}

function changed(configuration: Configuration, changes: TestConfigurationOptions): Configuration {
  return {
    ...configuration,
    thresholds: { ...configuration.thresholds, ...changes.thresholds },
    whitelist: { ...configuration.whitelist, ...changes.whitelist },
    settings: { ...configuration.settings, ...changes.settings },
  };
}
