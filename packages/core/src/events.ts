import { EventEmitter } from 'eventemitter3';

import type { Action, TrailEntry } from './decision/verdict.js';
import type { Violation } from './detection/violation.js';
import type { MachineMemory, Measure, ProcessIdentity } from './process.js';
import type { Signal } from './ports.js';
import { deepFreeze } from './freeze.js';
import { isPromiseLike } from './promise-like.js';

/** What became of a `kill`. */
export type Outcome =
  /** It exited after SIGTERM. */
  | 'terminated'
  /** It exited after SIGKILL. */
  | 'killed'
  /** It was gone before any signal. */
  | 'vanished'
  /** It was let live: it shrank, became protected, was frozen by a plugin, or the monitor stopped. */
  | 'spared'
  /** Nothing was done, since nothing is to be done. */
  | 'dry-run'
  /** The signal was refused, or the process outlived SIGKILL. */
  | 'failed';

/** The first scan is about to begin. */
export interface StartedEvent {
  readonly version: string;
  readonly dryRun: boolean;
  readonly ramPercentThreshold: number;
  readonly ramGbThreshold: number;
  readonly checkIntervalSeconds: number;
  readonly measure: Measure;
  readonly totalBytes: number;
  /** Files that the configuration came from; none where the defaults are in force. */
  readonly configFiles: readonly string[];
}

/** A reload has come to its end, accepted or not. */
export interface ReloadedEvent extends StartedEvent {
  /** Whether the new configuration is in force; if not, the old one is. */
  readonly accepted: boolean;
  /** Why it is not: a sentence per mistake. */
  readonly errors: readonly string[];
}

/** The monitor has been told to stop. Terminations under way come to their end, and tell it, after this. */
export interface StoppingEvent {
  readonly reason: string;
  /** Terminations that are still under way. */
  readonly terminationsUnderWay: number;
}

/** The first step of each tick. */
export interface MemoryEvent {
  readonly memory: MachineMemory;
}

/** What made a scan due. */
export type ScanTrigger =
  /** The interval is over, or a deferral is; so is the first scan. */
  | 'interval'
  /** Memory has fallen much since the last scan. */
  | 'memory'
  /** Processes have to wait for memory, by the kernel's pressure stall information. */
  | 'pressure'
  /** A plugin wants one. */
  | `plugin:${string}`;

/** The last step of each tick. */
export interface ScanEvent {
  readonly memory: MachineMemory;
  /** Processes whose memory was read. */
  readonly scanned: number;
  /** Processes that are there and could not be read. */
  readonly unreadable: number;
  /** Violations that last. */
  readonly violations: number;
  /** Terminations that this scan began; none in a dry run. */
  readonly killed: number;
  readonly tookMs: number;
  /** What made it due. */
  readonly trigger: ScanTrigger;
}

/** A process has passed its limit, or does no longer. */
export type ViolationEvent =
  | { readonly phase: 'began'; readonly violation: Violation }
  | {
      readonly phase: 'ended';
      readonly violation: Violation;
      readonly endReason: 'below-limit' | 'gone' | 'guarded';
    };

/** A verdict that differs from the last one for the same violation. */
export interface DecisionEvent {
  readonly violation: Violation;
  readonly action: Action;
  /** The reason of the voice that settled it. */
  readonly reason: string;
  readonly trail: readonly TrailEntry[];
  readonly dryRun: boolean;
}

/** A termination that has come to its end: exactly one for each that was begun. */
export interface KillEvent {
  readonly violation: Violation;
  readonly outcome: Outcome;
  /** The last signal that was sent. */
  readonly signal: Signal | undefined;
  /** In words. */
  readonly reason: string;
  /** Where the violation has a target, such as a session: how many processes were sent a signal. */
  readonly signalled?: number;
  readonly trail: readonly TrailEntry[];
  readonly dryRun: boolean;
  /** From the beginning of the termination, before its intent is recorded, to its end. */
  readonly tookMs: number;
}

/** What a run before this one had begun, and whose end nobody recorded. */
export interface RecoveredEvent {
  readonly process: ProcessIdentity & { readonly name: string; readonly user: string };
  readonly isStillRunning: boolean;
  readonly why: string;
}

/** A unit that starts what was ended again and again. */
export interface RestartLoopEvent {
  readonly unit: string;
  readonly name: string;
  readonly rebirths: number;
}

/** A hook of a plugin that threw, rejected, was late, or answered garbage. One that goes on failing is told every 10 minutes. */
export interface PluginErrorEvent {
  readonly plugin: string;
  /** `decide`, `detect`, `overrideLimits`, `overrideInterval`, `scanEarly`, `on:EVENT`, `provide:SERVICE`, `onStart`, `onDispose`, `background`, … */
  readonly hook: string;
  readonly message: string;
  /** `file:line:column` in the plugin's own source, where it was thrown there. */
  readonly place: string | undefined;
  /** Undefined where something else than an error was thrown. */
  readonly stack: string | undefined;
  /** This failure, and those since the last event for the same hook. */
  readonly failures: number;
}

/** Events and their payloads: facts, frozen, delivered after the fact. */
export interface MonitorEvents {
  readonly started: StartedEvent;
  readonly reloaded: ReloadedEvent;
  readonly stopping: StoppingEvent;
  readonly memory: MemoryEvent;
  readonly scan: ScanEvent;
  readonly violation: ViolationEvent;
  readonly decision: DecisionEvent;
  readonly kill: KillEvent;
  readonly recovered: RecoveredEvent;
  readonly restartLoop: RestartLoopEvent;
  readonly pluginError: PluginErrorEvent;
}

/** The name of an event. */
export type EventName = keyof MonitorEvents;

/** Every event. */
export const EVENT_NAMES = Object.keys({
  started: true,
  reloaded: true,
  stopping: true,
  memory: true,
  scan: true,
  violation: true,
  decision: true,
  kill: true,
  recovered: true,
  restartLoop: true,
  pluginError: true,
} satisfies Record<EventName, true>) as readonly EventName[];

/** What observes one event. A promise that it returns says until when it is at work with that. */
export type Listener<E extends EventName> = (payload: MonitorEvents[E]) => unknown;

/** What is called when a listener throws. */
export type ListenerFailure = (event: EventName, error: unknown) => void;

/** The typed emitter. A listener that throws is reported and disturbs neither the others nor the one who emits. */
export class MonitorEmitter {
  readonly #emitter = new EventEmitter();
  readonly #onFailure: ListenerFailure;
  /** What listeners are at work with, while somebody wants to know. */
  #underWay: PromiseLike<unknown>[] | undefined;
  /** What is told as soon as nothing is more urgent. */
  #held: (() => void)[] | undefined;

  constructor(onFailure: ListenerFailure) {
    this.#onFailure = onFailure;
  }

  /** Subscribes; returns the function that unsubscribes. */
  on<E extends EventName>(event: E, listener: Listener<E>): () => void {
    const guarded = (payload: MonitorEvents[E]): void => {
      try {
        const work = listener(payload);
        if (isPromiseLike(work)) {
          this.#underWay?.push(work);
        }
      } catch (error) {
        this.#onFailure(event, error);
      }
    };
    this.#emitter.on(event, guarded);
    return () => {
      this.#emitter.off(event, guarded);
    };
  }

  /**
   * Keeps what is emitted back, in its order, until everything that this turn of the loop still does is done, promises that are
   * settled included: listeners write logs and mails, and a signal that presses goes before those.
   */
  holdBack(): void {
    if (this.#held === undefined) {
      this.#held = [];
      setImmediate(() => {
        this.release();
      });
    }
  }

  /** Tells at once what is held back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const emit of held) {
      emit();
    }
  }

  /** Emits; resolves when no listener is at work with it any more. Never rejects. */
  async tell<E extends EventName>(event: E, payload: MonitorEvents[E]): Promise<void> {
    this.release();
    const underWay: PromiseLike<unknown>[] = [];
    const outer = this.#underWay;
    this.#underWay = underWay;
    this.emit(event, payload);
    this.#underWay = outer;
    await Promise.allSettled(underWay);
  }

  /** Freezes the payload, all the way down, and hands it to every listener in the order of subscription. */
  emit<E extends EventName>(event: E, payload: MonitorEvents[E]): void {
    if (this.#emitter.listenerCount(event) === 0) {
      return;
    }
    const frozen = deepFreeze(payload);
    if (this.#held === undefined) {
      this.#emitter.emit(event, frozen);
    } else {
      this.#held.push(() => {
        this.#emitter.emit(event, frozen);
      });
    }
  }
}
