import type { LiveConfiguration } from './config/live-configuration.js';
import type { Configuration } from './config/configuration.js';
import type { Judge } from './decision/judge.js';
import type { Detector } from './detection/detector.js';
import type { Episodes } from './detection/episodes.js';
import { messageOf } from './errors.js';
import type { MonitorEmitter, StartedEvent } from './events.js';
import { foreignProcError } from './foreign-proc.js';
import { nextInterval, type IntervalOverride } from './interval.js';
import type { Clock, IntentLog, Logger, MonitorProcess, ProcessSource, Supervisor } from './ports.js';
import type { MachineMemory } from './process.js';
import type { Dispatcher } from './termination/dispatcher.js';
import type { Stop } from './termination/stop.js';

/** What the loop is made of; the composition root puts it together. */
export interface MonitorParts {
  readonly version: string;
  readonly self: MonitorProcess;
  readonly configuration: LiveConfiguration;
  readonly source: ProcessSource;
  readonly detector: Detector;
  readonly episodes: Episodes;
  readonly judge: Judge;
  readonly dispatcher: Dispatcher;
  readonly intents: IntentLog;
  readonly intervals: readonly IntervalOverride[];
  readonly events: MonitorEmitter;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stop: Stop;
}

/** How long the first scan waits for what an earlier run left behind: a stalled disk must not hold it up. */
const RECOVERY_DEADLINE_MS = 100;

/** The loop: memory, scan, detect, decide, and terminations that run beside it. */
export class Monitor {
  readonly #parts: MonitorParts;
  #wake = new AbortController();
  #lastMemory: MachineMemory = { totalBytes: 0, availableBytes: 0, usedBytes: 0 };
  #scanFailure: string | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  get events(): MonitorEmitter {
    return this.#parts.events;
  }

  /**
   * Scans until it is stopped, or once; then waits for the terminations that are under way.
   * One tick follows the other: one that takes longer than the interval delays the next, and none piles up.
   */
  async run(options: { readonly once?: boolean } = {}): Promise<void> {
    const { clock, stop } = this.#parts;
    this.#lastMemory = this.#parts.source.readMemory();
    this.events.emit('started', this.#description());
    const told = new AbortController();
    await Promise.race([this.#tellUnfinished(), clock.sleep(RECOVERY_DEADLINE_MS, told.signal)]);
    told.abort();
    while (!stop.hasBegun) {
      const beganMs = clock.monotonicMs();
      await this.#tickOrTell();
      if (options.once === true) {
        break;
      }
      await this.#sleepFrom(beganMs);
    }
    await this.#settle();
  }

  /** Begins the stop: no new termination, and those under way come to their end within the grace period. */
  stop(reason: string): void {
    const { dispatcher, stop } = this.#parts;
    if (!stop.hasBegun) {
      this.events.emit('stopping', { reason, terminationsUnderWay: dispatcher.countUnderWay });
      stop.begin();
    }
  }

  /**
   * Puts a new configuration in force, whole: decisions are told anew, and the interval counts from the last scan.
   * Returns false, and tells why, if it can't be.
   */
  reload(configuration: Configuration): boolean {
    const foreign = configuration.settings.dryRun ? undefined : foreignProcError(this.#parts.self);
    if (foreign !== undefined) {
      this.refuseReload([foreign.message]);
      return false;
    }
    this.#parts.configuration.replace(configuration);
    for (const episode of this.#parts.episodes.all()) {
      episode.toldAction = undefined;
      episode.isDryRunTold = false;
      episode.isBeyondReach = false;
    }
    this.events.emit('reloaded', { ...this.#description(), accepted: true, errors: [] });
    this.#wakeUp();
    return true;
  }

  /** Tells that a new configuration was refused; the old one stays in force. */
  refuseReload(errors: readonly string[]): void {
    this.events.emit('reloaded', { ...this.#description(), accepted: false, errors });
  }

  async #tickOrTell(): Promise<void> {
    try {
      await this.#tick();
      this.#scanFailure = undefined;
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#scanFailure) {
        this.#scanFailure = message;
        this.#parts.logger.error({ event: 'scanFailed' }, `A scan failed, the next one is tried: ${message}`);
      }
    }
  }

  async #tick(): Promise<void> {
    const { clock, detector, dispatcher, episodes, events, judge, source, stop } = this.#parts;
    const beganMs = clock.monotonicMs();
    const memory = source.readMemory();
    this.#lastMemory = memory;
    events.emit('memory', { memory });
    const columns = source.scan();
    const { count: scanned, unreadable } = columns;
    const violators = await detector.detect(columns, memory);
    const judged = stop.hasBegun ? [] : await judge.judge(violators);
    const killed = judged.filter(({ episode, decision }) => dispatcher.dispatch(episode, decision)).length;
    const tookMs = clock.monotonicMs() - beganMs;
    events.emit('scan', { memory, scanned, unreadable, violations: episodes.size, killed, tookMs });
  }

  async #sleepFrom(beganMs: number): Promise<void> {
    const { configuration, events, intervals, judge, stop } = this.#parts;
    do {
      this.#wake = new AbortController();
      const seconds = nextInterval(
        configuration.thresholds.checkIntervalSeconds,
        intervals,
        (plugin, hook, message) => {
          events.emit('pluginError', { plugin, hook, message });
        },
      );
      const endMs = Math.min(beganMs + seconds * 1000, judge.nextDeferralEndMs());
      await this.#sleepUntil(endMs, this.#wake.signal, stop.signal);
    } while (this.#wake.signal.aborted && !stop.hasBegun);
  }

  /** Waits for the terminations that are under way. */
  async #settle(): Promise<void> {
    const settled = new AbortController();
    void this.#parts.dispatcher.settle().then(() => {
      settled.abort();
    });
    await this.#sleepUntil(Number.POSITIVE_INFINITY, settled.signal);
  }

  /** Sleeps, and shows the supervisor meanwhile that the loop is alive. */
  async #sleepUntil(endMs: number, ...aborts: readonly AbortSignal[]): Promise<void> {
    const { clock, supervisor } = this.#parts;
    supervisor.beat();
    while (clock.monotonicMs() < endMs && !aborts.some(({ aborted }) => aborted)) {
      await clock.sleep(Math.min(endMs - clock.monotonicMs(), supervisor.beatIntervalMs), ...aborts);
      supervisor.beat();
    }
  }

  #wakeUp(): void {
    this.#wake.abort();
  }

  async #tellUnfinished(): Promise<void> {
    const { events, intents, logger } = this.#parts;
    try {
      for (const { pid, startTime, name, user, why, isStillRunning } of await intents.recover()) {
        events.emit('recovered', { process: { pid, startTime, name, user }, isStillRunning, why });
      }
    } catch (error) {
      const message = `What an earlier run had begun can not be read: ${messageOf(error)}`;
      logger.warn({ event: 'intent' }, message);
    }
  }

  #description(): StartedEvent {
    const { configuration, version } = this.#parts;
    return {
      version,
      dryRun: configuration.settings.dryRun,
      ramPercentThreshold: configuration.thresholds.ramPercentThreshold,
      ramGbThreshold: configuration.thresholds.ramGbThreshold,
      checkIntervalSeconds: configuration.thresholds.checkIntervalSeconds,
      measure: configuration.settings.measure,
      totalBytes: this.#lastMemory.totalBytes,
      configFiles: configuration.files,
    };
  }
}
