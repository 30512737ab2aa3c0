import type { Token } from '../container/token.js';
import type { Limits, LimitsChange } from '../decision/limits.js';
import type { DeciderAnswer } from '../decision/pipeline.js';
import type { Verdict } from '../decision/verdict.js';
import type { DetectAnswer, DetectScan } from '../detection/raised.js';
import type { ScanSamples } from '../detection/samples.js';
import type { Violation } from '../detection/violation.js';
import type { MonitorEvents, ScanEvent } from '../events.js';
import type { IntervalAnswer } from '../interval.js';
import type { Clock } from '../ports.js';
import type { MachineMemory, ProcessSample } from '../process.js';

/** Writes one line, with fields or without. */
export type PluginLogMethod = (
  fieldsOrMessage: Readonly<Record<string, unknown>> | string,
  message?: string,
) => void;

/** Writes lines to the monitor's log that name the plugin. Fields come first, as with pino, or are left out. */
export interface PluginLogger {
  readonly debug: PluginLogMethod;
  readonly info: PluginLogMethod;
  readonly warn: PluginLogMethod;
  readonly error: PluginLogMethod;
}

/** What plugins can observe: the monitor's events, of which `scan` brings the samples too. */
export interface PluginEvents extends Omit<MonitorEvents, 'scan'> {
  readonly scan: ScanEvent & { readonly samples: ScanSamples };
}

/** The name of an event that plugins can observe. */
export type PluginEventName = keyof PluginEvents;
/** What observes one event; a promise is waited for only to tell when it rejects or takes too long. */
export type PluginListener<E extends PluginEventName> = (payload: PluginEvents[E]) => void | Promise<void>;

/** How a hook is called. */
export interface HookOptions {
  /** How long an answer may take before it counts as failed. */
  readonly deadlineMs?: number;
}

/** The monitor, as one plugin sees it while it is set up. Everything but `get`, `resolve` and `onDispose` ends with that. */
export interface PluginHost<Config = unknown> {
  /** The plugin's name; where two plugins have the same, the second one's is `NAME#2`. */
  readonly name: string;
  /** `[plugins.config]`, as the plugin's schema gives it back. */
  readonly config: Config;
  readonly logger: PluginLogger;
  /** The monitor's time, for waiting too: a test turns it. The same as `get(CLOCK)`, and there for isolated plugins as well. */
  readonly clock: Clock;
  /** Aborted when the plugin has been disposed of, after `onDispose`: for `fetch`, timers and whatever else takes a signal. */
  readonly signal: AbortSignal;

  /**
   * Where something of `[plugins.config]` stands, as `FILE:LINE`, so that reasons can name their rule. Undefined where it is left
   * to its default, and where nobody knows: in the test kit, and for isolated plugins. Reads the configuration; for setup.
   */
  configPlace(path: readonly (string | number)[]): Promise<string | undefined>;

  /**
   * Observes. Payloads are frozen, and told after the fact: nothing that a listener does delays or changes anything. A promise
   * that it returns is waited for only to tell when it rejects, or takes longer than the deadline (10 s).
   */
  on<E extends PluginEventName>(event: E, listener: PluginListener<E>, options?: HookOptions): void;

  /** Seconds until the next scan, given what the plugins before have said. Undefined is no opinion. Deadline: 0.5 s. */
  overrideInterval(
    answer: (currentSeconds: number) => IntervalAnswer | Promise<IntervalAnswer>,
    options?: HookOptions,
  ): void;

  /**
   * Once less than so many bytes are available, the next scan is due at once, if the last one saw more; 0 is never. Asked at each glance at the machine's
   * memory between two scans, at most twenty times a second, with what the last scan saw: it has to answer at once.
   */
  scanEarly(dueBelowBytes: (memory: MachineMemory, atLastScan: MachineMemory) => number): void;

  /**
   * Limits of one process, given what the plugins before have said. Asked for every process of every scan, so it has to
   * answer at once; both arguments are views that show the next process after the call.
   */
  overrideLimits(answer: (sample: ProcessSample, limits: Limits) => LimitsChange | undefined): void;

  /** Raises violations of the plugin's own from a scan: a user's total, memory that grows too fast. Deadline: 0.5 s. */
  detect(answer: (scan: DetectScan) => DetectAnswer | Promise<DetectAnswer>, options?: HookOptions): void;

  /**
   * Changes the verdict about a violation, at every scan while it lasts. Undefined is no opinion; the last opinion stands.
   * Deadline: 1 s, and 2 s for the deciders of all plugins together.
   */
  decide(
    answer: (violation: Violation, verdict: Verdict) => DeciderAnswer | Promise<DeciderAnswer>,
    options?: HookOptions,
  ): void;

  /** A service of the monitor, or one that a plugin provides. Throws MM_ERR_DEPENDENCY_MISSING. */
  get<T>(wanted: Token<T>): T;

  /**
   * Provides a service, or replaces the monitor's; `replaced` gives that one, to build upon. Made once, when it is first asked
   * for. Throws MM_ERR_DEPENDENCY_TWICE, MM_ERR_DEPENDENCY_LATE or MM_ERR_DEPENDENCY_SEALED.
   */
  provide<T>(wanted: Token<T>, make: (replaced: () => T) => T): void;

  /** Builds an `@injectable()` class: each constructor parameter has an `@inject(TOKEN)`; PLUGIN_HOST gives it this host. */
  resolve<T>(wanted: new (...args: never[]) => T): T;

  /** Called once when this set of plugins is in force and the one before it is disposed of: the time to take a port. Deadline: 10 s each. */
  onStart(start: () => void | Promise<void>, options?: HookOptions): void;

  /** Called when the plugin is disposed of, at stop and at reload: the last one registered first. Deadline: 2 s each. */
  onDispose(dispose: () => void | Promise<void>, options?: HookOptions): void;
}
