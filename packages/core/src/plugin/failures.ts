import { messageOf, stackOf } from '../errors.js';
import type { MonitorEmitter } from '../events.js';
import type { HookFailure, HookName } from '../hook-failure.js';
import { shortened } from '../log/shortened.js';
import type { Clock } from '../ports.js';
import type { PluginStatistics } from './statistics.js';

/** A hook that goes on failing is told again after so long, with the number of failures since. */
const RETELL_MS = 10 * 60_000;

/** `file:line:column` in the source of the plugin of that name. Never throws. */
export type FindPlace = (plugin: string, error: unknown) => string | undefined;

interface Told {
  atMs: number;
  /** Failures since then that were only counted. */
  untold: number;
}

/** Turns failures of plugins into `pluginError` events: a decider that fails at every scan is told once, and counted. */
export class PluginFailures {
  readonly #events: MonitorEmitter;
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();
  #statistics: PluginStatistics | undefined;
  #placeOf: FindPlace = () => undefined;

  constructor(events: MonitorEmitter, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Counts failures there too, from now on, and tells all of them anew: the plugins are others, or set up anew. */
  countIn(statistics: PluginStatistics, placeOf: FindPlace): void {
    this.#statistics = statistics;
    this.#placeOf = placeOf;
    this.#told.clear();
  }

  readonly report: HookFailure = (plugin, hook, error) => {
    const message = shortened(messageOf(error));
    this.#statistics?.countFailure(plugin, hook, message);
    const failures = this.#failuresToTell(plugin, hook);
    if (failures > 0) {
      const where = { place: this.#placeOf(plugin, error), stack: stackOf(error) };
      this.#events.emit('pluginError', { plugin, hook, message, ...where, failures });
    }
  };

  #failuresToTell(plugin: string, hook: HookName): number {
    const key = `${hook}\n${plugin}`;
    const nowMs = this.#clock.monotonicMs();
    const told = this.#told.get(key);
    if (told !== undefined && nowMs - told.atMs < RETELL_MS) {
      told.untold += 1;
      return 0;
    }
    this.#told.set(key, { atMs: nowMs, untold: 0 });
    return (told?.untold ?? 0) + 1;
  }
}
