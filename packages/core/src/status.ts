import type { Episodes } from './detection/episodes.js';
import type { Action } from './decision/verdict.js';
import type { MonitorEmitter, Outcome, ScanEvent, StartedEvent } from './events.js';
import type { Clock, KernelMeans } from './ports.js';

/** A violation that lasts, as `memory-monitor status` shows it. */
export interface ViolationStatus {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly rule: string;
  readonly sinceMs: number;
  /** The verdict that was told last; undefined until there is one. */
  readonly action: Action | undefined;
  readonly isBeingTerminated: boolean;
}

/** How a running monitor fares. Plain data. */
export interface MonitorStatus extends StartedEvent {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Why the configuration on disk is not the one in force, a sentence per mistake; empty where it is. */
  readonly configErrors: readonly string[];
  readonly scans: number;
  /** The latest one, and when it ended; undefined before the first. */
  readonly lastScan: (ScanEvent & { readonly atMs: number }) | undefined;
  /** Terminations since the start, by how they ended. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly violations: readonly ViolationStatus[];
  /** Means of the kernel, and whether they are in use. */
  readonly means: readonly KernelMeans[];
}

/** Keeps what `status` tells, from the monitor's own events. */
export class StatusBoard {
  readonly #episodes: Episodes;
  readonly #means: readonly KernelMeans[];
  #description: StartedEvent | undefined;
  #startedAtMs = 0;
  #configErrors: readonly string[] = [];
  #scans = 0;
  #lastScan: MonitorStatus['lastScan'];
  readonly #outcomes: Partial<Record<Outcome, number>> = {};

  constructor(events: MonitorEmitter, episodes: Episodes, clock: Clock, means: readonly KernelMeans[]) {
    this.#means = means;
    this.#episodes = episodes;
    events.on('started', (event) => {
      this.#description = event;
      this.#startedAtMs = clock.now();
    });
    events.on('reloaded', ({ accepted, errors, ...description }) => {
      this.#description = description;
      this.#configErrors = accepted ? [] : errors;
    });
    events.on('scan', (event) => {
      this.#scans += 1;
      this.#lastScan = { ...event, atMs: clock.now() };
    });
    events.on('kill', ({ outcome }) => {
      this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    });
  }

  /** Undefined before the monitor has started. */
  read(): MonitorStatus | undefined {
    return this.#description === undefined
      ? undefined
      : {
          ...this.#description,
          startedAtMs: this.#startedAtMs,
          configErrors: this.#configErrors,
          scans: this.#scans,
          lastScan: this.#lastScan,
          outcomes: { ...this.#outcomes },
          violations: this.#violations(),
          means: this.#means,
        };
  }

  #violations(): ViolationStatus[] {
    return this.#episodes.all().map(({ violation, toldAction, isBeingTerminated }) => {
      const { process, usedBytes, limitBytes, rule, sinceMs } = violation;
      const { pid, name, user } = process;
      return {
        pid,
        name,
        user,
        usedBytes,
        limitBytes,
        rule,
        sinceMs,
        action: toldAction,
        isBeingTerminated,
      };
    });
  }
}
