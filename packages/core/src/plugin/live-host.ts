import { providedService } from '../container/provided-service.js';
import { Services } from '../container/services.js';
import { requireToken, type Token } from '../container/token.js';
import { LOGGER, PLUGIN_HOST, SEALED_TOKENS } from '../container/tokens.js';
import type { LimitsOverride } from '../decision/limits.js';
import type { Decider } from '../decision/pipeline.js';
import type { PluginDetector } from '../detection/raised.js';
import { copySamples } from '../detection/samples.js';
import { MonitorError } from '../errors.js';
import type { EarlyScan } from '../early-scan.js';
import type { MonitorEmitter, ScanEvent } from '../events.js';
import type { HookFailure, HookName } from '../hook-failure.js';
import type { IntervalOverride } from '../interval.js';
import type { Clock, Logger, ScanColumns } from '../ports.js';
import { inTime } from '../deadline.js';
import { isPromiseLike } from '../promise-like.js';
import { NO_TRACE, traced, type CodeTrace } from './code-trace.js';
import { contained } from './contained.js';
import {
  DECIDE_DEADLINE,
  deadlineOf,
  DETECT_DEADLINE,
  DISPOSE_DEADLINE,
  INTERVAL_DEADLINE,
  LISTENER_DEADLINE,
  START_DEADLINE,
} from './hook-deadline.js';
import type { HookOptions, PluginEventName, PluginEvents, PluginListener } from './host.js';
import type { ReportingHost } from './isolation/isolated-plugin.js';
import type { LifeCycleHook } from './life-cycle.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import { metered } from './metered.js';
import { pluginLogger } from './plugin-logger.js';
import { requireEvent, requireFunction } from './registration.js';
import type { PluginStatistics } from './statistics.js';

/** What plugins are set up with. */
export interface PluginSurroundings {
  /** Those of this set of plugins; each plugin gets a child of it. */
  readonly services: Services;
  readonly events: MonitorEmitter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly statistics: PluginStatistics;
  readonly onFailure: HookFailure;
  /** The samples of the latest scan, which its source is going to write over. */
  readonly samples: () => ScanColumns;
  /** Told who provides a service. */
  readonly onProvide: (tokenId: symbol, plugin: string) => void;
}

/** The host of one plugin, and what has been registered with it. */
export class LiveHost implements ReportingHost {
  readonly name: string;
  readonly config: unknown;
  readonly logger: ReturnType<typeof pluginLogger>;
  readonly clock: Clock;
  readonly trace: CodeTrace;
  readonly intervals: IntervalOverride[] = [];
  readonly earlyScans: EarlyScan[] = [];
  readonly limits: LimitsOverride[] = [];
  readonly detectors: PluginDetector[] = [];
  readonly deciders: Decider[] = [];
  /** Each subscribes, and returns what unsubscribes. */
  readonly subscriptions: (() => () => void)[] = [];
  readonly starts: LifeCycleHook[] = [];
  readonly disposals: LifeCycleHook[] = [];
  readonly #life = new AbortController();
  readonly #onFailureOfDecider: LoadedPlugin['onFailure'];
  readonly #configPlace: LoadedPlugin['configPlace'];
  readonly #surroundings: PluginSurroundings;
  readonly #services: Services;
  #isSealed = false;

  constructor(
    name: string,
    { config, configPlace, onFailure, trace = NO_TRACE }: LoadedPlugin,
    surroundings: PluginSurroundings,
  ) {
    this.name = name;
    this.config = config;
    this.logger = pluginLogger(surroundings.logger, name);
    this.clock = surroundings.clock;
    this.trace = trace;
    this.#onFailureOfDecider = onFailure;
    this.#configPlace = configPlace;
    this.#surroundings = surroundings;
    this.#services = new Services(surroundings.services);
    this.#services.provide(LOGGER, () => this.logger).provide(PLUGIN_HOST, () => this);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  async configPlace(path: readonly (string | number)[]): Promise<string | undefined> {
    return await this.#configPlace?.(path);
  }

  on<E extends PluginEventName>(event: E, listener: PluginListener<E>, options: HookOptions = {}): void {
    requireEvent(event);
    const hook = this.#register(`on:${event}`, listener);
    const { clock, events } = this.#surroundings;
    const deliver = contained((payload: PluginEvents[E]) => this.#run(hook, () => listener(payload)), {
      deadlineMs: deadlineOf(options, LISTENER_DEADLINE),
      clock,
      onFailure: (error) => {
        this.reportFailure(hook, error);
      },
    });
    this.subscriptions.push(() =>
      events.on(event, (payload) => {
        const told = event === 'scan' ? this.#withSamples(payload as ScanEvent) : payload;
        return deliver(told as PluginEvents[E]);
      }),
    );
  }

  overrideInterval(answer: IntervalOverride['intervalSeconds'], options: HookOptions = {}): void {
    const deadlineMs = deadlineOf(options, INTERVAL_DEADLINE);
    const intervalSeconds = this.#asked('overrideInterval', answer, deadlineMs);
    this.intervals.push({ plugin: this.name, deadlineMs, intervalSeconds });
  }

  scanEarly(dueBelowBytes: EarlyScan['dueBelowBytes']): void {
    const hook = this.#register('scanEarly', dueBelowBytes);
    this.earlyScans.push({
      plugin: this.name,
      dueBelowBytes: (...memories) => this.#run(hook, () => dueBelowBytes(...memories)),
    });
  }

  overrideLimits(answer: LimitsOverride['limitsFor']): void {
    const hook = this.#register('overrideLimits', answer);
    const { statistics } = this.#surroundings;
    const meter = {
      record: (calls: number, tookMs: number) => {
        statistics.countCalls(this.name, hook, calls, tookMs);
      },
    };
    const { trace } = this;
    this.limits.push({
      plugin: this.name,
      onFailure: this.#onFailureOfDecider,
      meter,
      // Once for each process: no function is made for a call.
      limitsFor: (sample, limits) => {
        const before = trace.enter();
        try {
          return answer(sample, limits);
        } finally {
          trace.leave(before);
        }
      },
    });
  }

  detect(answer: PluginDetector['detect'], options: HookOptions = {}): void {
    const deadlineMs = deadlineOf(options, DETECT_DEADLINE);
    this.detectors.push({ plugin: this.name, deadlineMs, detect: this.#asked('detect', answer, deadlineMs) });
  }

  decide(answer: Decider['decide'], options: HookOptions = {}): void {
    const deadlineMs = deadlineOf(options, DECIDE_DEADLINE);
    this.deciders.push({
      plugin: this.name,
      onFailure: this.#onFailureOfDecider,
      deadlineMs,
      decide: this.#asked('decide', answer, deadlineMs),
    });
  }

  get<T>(wanted: Token<T>): T {
    return this.#services.get(wanted);
  }

  provide<T>(wanted: Token<T>, make: (replaced: () => T) => T): void {
    requireToken(wanted);
    const hook = this.#register(`provide:${wanted.name}` as const, make);
    if (SEALED_TOKENS.has(wanted.id)) {
      throw new MonitorError(
        'MM_ERR_DEPENDENCY_SEALED',
        `${this.name} can not replace "${wanted.name}": guards depend on it; override the decision instead.`,
      );
    }
    const onFailure = (error: unknown): void => {
      this.reportFailure(hook, error);
    };
    this.#surroundings.services.provide(wanted, (_, replaced) =>
      providedService(
        wanted,
        traced(this.trace, () => make(replaced)),
        this.clock,
        onFailure,
      ),
    );
    this.#surroundings.onProvide(wanted.id, this.name);
  }

  resolve<T>(wanted: new (...args: never[]) => T): T {
    return this.#services.resolve(wanted);
  }

  onStart(call: LifeCycleHook['call'], options: HookOptions = {}): void {
    this.#register('onStart', call);
    this.starts.push({ call, deadlineMs: deadlineOf(options, START_DEADLINE) });
  }

  /** Allowed at any time: what a plugin acquires later has to be given back as well. */
  onDispose(call: LifeCycleHook['call'], options: HookOptions = {}): void {
    requireFunction('onDispose', call);
    this.disposals.push({ call, deadlineMs: deadlineOf(options, DISPOSE_DEADLINE) });
  }

  /** Tells a failure outside of every hook. */
  reportFailure(hook: HookName, error: unknown): void {
    this.#surroundings.onFailure(this.name, hook, error);
  }

  /** Setup is over. */
  seal(): void {
    this.#isSealed = true;
  }

  /** The plugin is disposed of. */
  endLife(): void {
    this.#life.abort();
  }

  #register<H extends HookName>(hook: H, callback: unknown): H {
    if (this.#isSealed) {
      throw new MonitorError(
        'MM_ERR_PLUGIN_SEALED',
        `${this.name} registered ${hook} after its setup was over; register everything in setup.`,
      );
    }
    requireFunction(hook, callback);
    this.#surroundings.statistics.add(this.name, hook);
    return hook;
  }

  /** A question to the plugin. What comes late is a failure then, and not when it comes: so the time that it took is counted. */
  #asked<A extends readonly unknown[], R>(
    hook: HookName,
    answer: (...args: A) => R,
    deadlineMs: number,
  ): (...args: A) => R {
    this.#register(hook, answer);
    const { clock } = this.#surroundings;
    return (...args) =>
      this.#run(hook, () => {
        const result = answer(...args);
        return isPromiseLike(result) ? (inTime(clock, deadlineMs, result, 'no answer') as R) : result;
      });
  }

  /** Every call of a hook but that of `overrideLimits` goes this way. */
  #run<R>(hook: HookName, call: () => R): R {
    const { statistics, clock } = this.#surroundings;
    return metered(statistics, clock, this.name, hook, () => traced(this.trace, call));
  }

  #withSamples(event: ScanEvent): PluginEvents['scan'] {
    return Object.freeze({ ...event, samples: copySamples(this.#surroundings.samples()) });
  }
}
