import type { LiveConfiguration } from './config/live-configuration.js';
import type { Configuration } from './config/configuration.js';
import type { Generation, Generations } from './container/generations.js';
import { within } from './deadline.js';
import type { Guards } from './decision/guards.js';
import type { Episodes } from './detection/episodes.js';
import { earlyTrigger, glanceMs, levelsOf } from './early-scan.js';
import { messageOf } from './errors.js';
import type { MonitorEmitter, ScanTrigger, StartedEvent } from './events.js';
import { explain } from './explain/explain.js';
import type { Explanation } from './explain/explanation.js';
import { foreignProcError } from './foreign-proc.js';
import { nextInterval } from './interval.js';
import { rehearse, type RehearsalParts } from './rehearsal.js';
import type { PluginFailures } from './plugin/failures.js';
import type { LoadedPlugin } from './plugin/loaded-plugin.js';
import type { PluginDescription } from './plugin/plugin-set.js';
import type { Clock, Logger, MonitorProcess, PressureAlarm, Supervisor, UserDatabase } from './ports.js';
import type { MachineMemory } from './process.js';
import type { MonitorStatus, StatusBoard } from './status.js';
import type { Dispatcher } from './termination/dispatcher.js';
import type { Recovery } from './termination/recovery.js';
import type { Stop } from './termination/stop.js';
import { Turns } from './turns.js';

/** What the loop is made of; the composition root puts it together. */
export interface MonitorParts {
  readonly version: string;
  readonly self: MonitorProcess;
  readonly configuration: LiveConfiguration;
  /** The plugins that are in force, and the stages of a tick. */
  readonly generations: Generations;
  readonly episodes: Episodes;
  readonly guards: Guards;
  readonly users: UserDatabase;
  readonly pressureAlarm: PressureAlarm;
  readonly dispatcher: Dispatcher;
  readonly recovery: Recovery;
  readonly rehearsal: () => RehearsalParts;
  readonly failures: PluginFailures;
  readonly status: StatusBoard;
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
  /** Ticks, and what must not happen in the middle of one. */
  readonly #ticks = new Turns();
  /** One set of plugins after the other. */
  readonly #rotations = new Turns();
  #wake = new AbortController();
  /** The kernel has told of pressure since the last scan. */
  #isPressed = false;
  #lastMemory: MachineMemory = { totalBytes: 0, availableBytes: 0, usedBytes: 0 };
  #scanFailure: string | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  get events(): MonitorEmitter {
    return this.#parts.events;
  }

  /**
   * Scans until it is stopped, or once; then waits for the terminations that are under way, and disposes of the plugins.
   * One tick follows the other: one that takes longer than the interval delays the next, and none piles up.
   */
  async run(options: { readonly once?: boolean } = {}): Promise<void> {
    const { clock, generations, pressureAlarm, recovery, stop } = this.#parts;
    this.#lastMemory = generations.stages.source.readMemory();
    this.events.emit('started', this.#description());
    void generations.plugins.start();
    await within((ms, abort) => clock.sleep(ms, abort), RECOVERY_DEADLINE_MS, recovery.tell());
    const unsubscribe = pressureAlarm.onPressure(() => {
      this.#isPressed = true;
      this.#wakeUp();
    });
    let trigger: ScanTrigger = 'interval';
    while (!stop.hasBegun) {
      const beganMs = clock.monotonicMs();
      const due = trigger;
      this.#isPressed = false;
      await this.#ticks.take(() => this.#tickOrTell(due));
      if (options.once === true) {
        break;
      }
      trigger = await this.#sleepFrom(beganMs);
    }
    unsubscribe();
    this.events.release();
    await this.#beatUntil(this.#parts.dispatcher.settle());
    await this.#beatUntil(recovery.settle());
    await this.#beatUntil(this.disposePlugins());
  }

  /** Puts a set of plugins in force before the monitor runs. Rejects with an error that names the one that can't be set up. */
  async usePlugins(plugins: readonly LoadedPlugin[]): Promise<void> {
    const { generations } = this.#parts;
    generations.adopt(await generations.prepare(plugins));
  }

  /** Gives back what the plugins of a monitor hold that never ran; `run` does it at its end. */
  async disposePlugins(): Promise<void> {
    await this.#rotations.take(() => this.#parts.generations.plugins.dispose());
  }

  /** How it fares; undefined before it has started. */
  status(): MonitorStatus | undefined {
    return this.#parts.status.read();
  }

  /** The plugins that are in force, in their order. */
  describePlugins(): PluginDescription[] {
    return this.#parts.generations.plugins.describe();
  }

  /** What the monitor thinks of a process, and what it would do with it now; undefined if there is no such process. */
  async explain(pid: number): Promise<Explanation | undefined> {
    const { configuration, failures, generations, guards, users } = this.#parts;
    const { report: onFailure } = failures;
    return await this.#ticks.take(() =>
      explain(pid, { stages: generations.stages, configuration, guards, users, onFailure }),
    );
  }

  /** Goes the way to a signal once without sending any, so that the first one that matters is not slow; see rehearsal.ts. */
  async rehearse(): Promise<void> {
    await this.#ticks.take(() => rehearse(this.#parts.rehearsal));
  }

  /** A failure of a plugin outside of every hook: a timer, a promise that nobody waits for, a sandbox that is too narrow. */
  tellPluginFailure(plugin: string, hook: 'background' | 'left-out' | 'needs', error: unknown): void {
    this.#parts.failures.report(plugin, hook, error);
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
   * Puts a new configuration with its plugins in force, whole and between two ticks: decisions are told anew, and the interval
   * counts from the last scan. Returns false, and tells why, if it can't be; then everything is as before.
   */
  async reload(configuration: Configuration, plugins: readonly LoadedPlugin[] = []): Promise<boolean> {
    const foreign = configuration.settings.dryRun ? undefined : foreignProcError(this.#parts.self);
    if (foreign !== undefined) {
      for (const { discard } of plugins) {
        discard?.();
      }
      this.refuseReload([foreign.message]);
      return false;
    }
    return await this.#rotations.take(async () => {
      try {
        const next = await this.#parts.generations.prepare(plugins);
        const last = await this.#ticks.take(() => this.#putInForce(configuration, next));
        await this.#retire(last);
        await next.plugins.start();
        return true;
      } catch (error) {
        this.refuseReload([messageOf(error)]);
        return false;
      }
    });
  }

  /** Disposes of plugins that are not in force any more; what is under way may need what they provide. */
  async #retire({ plugins, providesServices }: Generation): Promise<void> {
    if (providesServices) {
      await this.#parts.dispatcher.settle();
    }
    await plugins.dispose();
  }

  #putInForce(configuration: Configuration, next: Generation): Generation {
    const { generations, episodes } = this.#parts;
    const last = generations.adopt(next);
    this.#parts.configuration.replace(configuration);
    for (const episode of episodes.all()) {
      episode.toldAction = undefined;
      episode.isDryRunTold = false;
      episode.isBeyondReach = false;
    }
    this.events.emit('reloaded', { ...this.#description(), accepted: true, errors: [] });
    this.#wakeUp();
    return last;
  }

  /** Tells that a new configuration was refused; the old one stays in force. */
  refuseReload(errors: readonly string[]): void {
    this.events.emit('reloaded', { ...this.#description(), accepted: false, errors });
  }

  async #tickOrTell(trigger: ScanTrigger): Promise<void> {
    try {
      await this.#tick(trigger);
      this.#scanFailure = undefined;
    } catch (error) {
      const message = messageOf(error);
      this.#parts.generations.stages.onSourceFailure(error);
      if (message !== this.#scanFailure) {
        this.#scanFailure = message;
        this.#parts.logger.error({ event: 'scanFailed' }, `A scan failed, the next one is tried: ${message}`);
      }
    }
  }

  async #tick(trigger: ScanTrigger): Promise<void> {
    const { clock, dispatcher, episodes, events, generations, stop } = this.#parts;
    const { detector, judge, source } = generations.stages;
    const beganMs = clock.monotonicMs();
    if (trigger !== 'interval') {
      // It may be about to press: what tells of the scan comes after what the scan is for.
      events.holdBack();
    }
    const memory = source.readMemory();
    this.#lastMemory = memory;
    events.emit('memory', { memory });
    const columns = source.scan();
    generations.rememberSamples(columns);
    const { count: scanned, unreadable } = columns;
    const violators = await detector.detect(columns, memory);
    const judged = stop.hasBegun ? [] : await judge.judge(violators);
    const killed = judged.filter(({ episode, decision }) => dispatcher.dispatch(episode, decision)).length;
    if (killed === 0) {
      events.release();
    }
    const tookMs = clock.monotonicMs() - beganMs;
    events.emit('scan', {
      memory,
      scanned,
      unreadable,
      violations: episodes.size,
      killed,
      tookMs,
      trigger,
    });
  }

  /** Resolves when the next scan is due, with why. */
  async #sleepFrom(beganMs: number): Promise<ScanTrigger> {
    const { clock, configuration, failures, generations, stop } = this.#parts;
    let early: ScanTrigger | undefined;
    do {
      this.#wake = new AbortController();
      const { intervals, judge } = generations.stages;
      const { checkIntervalSeconds } = configuration.thresholds;
      const seconds = await nextInterval(checkIntervalSeconds, intervals, clock, failures.report);
      const endMs = Math.min(beganMs + seconds * 1000, judge.nextDeferralEndMs());
      early = await this.#sleepAndGlance(endMs, this.#wake.signal, stop.signal);
    } while (this.#wake.signal.aborted && !this.#isPressed && !stop.hasBegun);
    return this.#isPressed ? 'pressure' : (early ?? 'interval');
  }

  /** Looks at the memory now and then, as often as it takes; resolves early with what makes the next scan due. */
  async #sleepAndGlance(endMs: number, ...aborts: readonly AbortSignal[]): Promise<ScanTrigger | undefined> {
    const { clock, configuration, failures, generations } = this.#parts;
    const atLastScan = this.#lastMemory;
    let memory = atLastScan;
    for (;;) {
      const { earlyScans, source } = generations.stages;
      const levels = levelsOf(earlyScans, memory, atLastScan, failures.report);
      const glanceInMs = glanceMs(memory, levels, configuration.settings.fillRateGbPerSecond);
      await this.#sleepUntil(Math.min(endMs, clock.monotonicMs() + glanceInMs), ...aborts);
      if (clock.monotonicMs() >= endMs || aborts.some(({ aborted }) => aborted)) {
        return undefined;
      }
      try {
        memory = source.readMemory();
      } catch {
        // The next scan tells.
        await this.#sleepUntil(endMs, ...aborts);
        return undefined;
      }
      const trigger = earlyTrigger(memory, atLastScan, levels);
      if (trigger !== undefined) {
        return trigger;
      }
    }
  }

  /** Waits for the last of the work, and shows the supervisor meanwhile that the loop is alive. */
  async #beatUntil(work: Promise<void>): Promise<void> {
    const settled = new AbortController();
    void work.then(() => {
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
