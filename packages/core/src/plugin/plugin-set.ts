import { inTime } from '../deadline.js';
import { messageOf, MonitorError } from '../errors.js';
import type { Extensions } from '../extensions.js';
import { NO_TRACE, tracedToTheEnd } from './code-trace.js';
import type { Need } from './definition.js';
import type { IsolationState } from './isolation/protocol.js';
import { runDisposals, runStarts, type LifeCycleSurroundings } from './life-cycle.js';
import { LiveHost, type PluginSurroundings } from './live-host.js';
import { PluginError } from './plugin-error.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import type { HookStatistics } from './statistics.js';

const SETUP_DEADLINE_MS = 20_000;
/** How long all plugins together may take to give back what they hold: systemd kills a stop that lasts 90 s. */
const DISPOSAL_MS = 30_000;

/** One plugin that is in force. */
export interface PluginDescription {
  readonly name: string;
  readonly version: string | undefined;
  readonly use: string;
  readonly file: string | undefined;
  /** How the plugin's process fares, where it has one of its own. */
  readonly isolation: IsolationState | undefined;
  readonly needs: readonly Need[];
  readonly hooks: readonly HookStatistics[];
}

interface Member {
  readonly host: LiveHost;
  readonly loaded: LoadedPlugin;
}

/** The plugins of one configuration, set up together and disposed of together. */
export class PluginSet {
  readonly #members: readonly Member[];
  readonly #surroundings: PluginSurroundings;
  #unsubscribe: readonly (() => void)[] = [];

  private constructor(members: readonly Member[], surroundings: PluginSurroundings) {
    this.#members = members;
    this.#surroundings = surroundings;
  }

  /**
   * Sets plugins up, one after the other in their order. When one fails, those before it are disposed of again, and the promise
   * rejects with an error that names it.
   */
  static async setUp(plugins: readonly LoadedPlugin[], surroundings: PluginSurroundings): Promise<PluginSet> {
    const members: Member[] = [];
    const names = uniqueNames(plugins);
    for (const [index, loaded] of plugins.entries()) {
      const host = new LiveHost(names[index] ?? loaded.definition.name, loaded, surroundings);
      members.push({ host, loaded });
      try {
        await setUp(loaded, host, surroundings);
      } catch (error) {
        await new PluginSet(members, surroundings).dispose();
        for (const { discard } of plugins.slice(index + 1)) {
          discard?.();
        }
        throw setupError(host.name, index, loaded, error);
      } finally {
        host.seal();
      }
    }
    return new PluginSet(members, surroundings);
  }

  /** A set without any plugin. */
  static empty(surroundings: PluginSurroundings): PluginSet {
    return new PluginSet([], surroundings);
  }

  /** What the plugins have registered to be asked, in their order. */
  get extensions(): Extensions {
    const hosts = this.#members.map(({ host }) => host);
    return {
      intervals: hosts.flatMap(({ intervals }) => intervals),
      earlyScans: hosts.flatMap(({ earlyScans }) => earlyScans),
      limits: hosts.flatMap(({ limits }) => limits),
      detectors: hosts.flatMap(({ detectors }) => detectors),
      deciders: hosts.flatMap(({ deciders }) => deciders),
    };
  }

  /** From now on, events reach the plugins. */
  subscribe(): void {
    this.#unsubscribe = this.#members.flatMap(({ host }) =>
      host.subscriptions.map((subscribe) => subscribe()),
    );
  }

  /** No event reaches the plugins any more. */
  unsubscribe(): void {
    for (const unsubscribe of this.#unsubscribe) {
      unsubscribe();
    }
    this.#unsubscribe = [];
  }

  /** The set is in force, and the one before it is gone. */
  async start(): Promise<void> {
    for (const { host } of this.#members) {
      await runStarts(host.starts, this.#lifeCycleOf(host));
    }
  }

  /** Takes everything back, the last first. Never rejects: what fails is told, and the rest goes on. */
  async dispose(): Promise<void> {
    this.unsubscribe();
    const untilMs = this.#surroundings.clock.monotonicMs() + DISPOSAL_MS;
    for (const { host } of [...this.#members].reverse()) {
      await runDisposals(host.disposals, this.#lifeCycleOf(host), untilMs);
      host.endLife();
    }
  }

  /** `file:line:column` of where in a plugin's own source an error was thrown. */
  placeOf(plugin: string, error: unknown): string | undefined {
    return this.#members.find(({ host }) => host.name === plugin)?.loaded.source.placeOf?.(error);
  }

  describe(): PluginDescription[] {
    return this.#members.map(({ host, loaded: { definition, source, isolation } }) => ({
      name: host.name,
      version: definition.version ?? source.version,
      use: source.use,
      file: source.file,
      isolation: isolation?.(),
      needs: definition.needs ?? [],
      hooks: this.#surroundings.statistics.of(host.name),
    }));
  }

  #lifeCycleOf(host: LiveHost): LifeCycleSurroundings {
    const { clock } = this.#surroundings;
    return {
      clock,
      onFailure: (hook, error) => {
        host.reportFailure(hook, error);
      },
      trace: host.trace,
    };
  }
}

async function setUp(
  { definition, trace = NO_TRACE }: LoadedPlugin,
  host: LiveHost,
  { clock }: PluginSurroundings,
): Promise<void> {
  await tracedToTheEnd(trace, async () => {
    const end = definition.setup(host);
    await inTime(clock, SETUP_DEADLINE_MS, end, 'its setup has not come to an end');
  });
}

/** Errors of the host's own keep their code; the rest are the plugin's. */
function setupError(name: string, index: number, { source }: LoadedPlugin, error: unknown): MonitorError {
  const place = source.placeOf?.(error) ?? source.file ?? source.use;
  const code = error instanceof MonitorError ? error.code : 'MM_ERR_PLUGIN_SETUP';
  const why = messageOf(error);
  const end = /[.?!]$/.test(why) ? '' : '.';
  return new PluginError(code, `The plugin ${name} (${place}) can not be set up: ${why}${end}`, index, error);
}

/** Two plugins of one name would be told apart nowhere: the second is `NAME#2`. */
function uniqueNames(plugins: readonly LoadedPlugin[]): string[] {
  const seen = new Map<string, number>();
  return plugins.map(({ definition: { name } }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}
