import { MonitorError } from '../../errors.js';
import type { HookName } from '../../hook-failure.js';
import type { Clock } from '../../ports.js';
import { contained } from '../contained.js';
import {
  DECIDE_DEADLINE,
  deadlineOf,
  DETECT_DEADLINE,
  DISPOSE_DEADLINE,
  INTERVAL_DEADLINE,
  LISTENER_DEADLINE,
  START_DEADLINE,
  type HookDeadline,
} from '../hook-deadline.js';
import type {
  HookOptions,
  PluginEventName,
  PluginEvents,
  PluginHost,
  PluginListener,
  PluginLogger,
} from '../host.js';
import { lineOf } from '../plugin-logger.js';
import { runDisposals, runStarts, type LifeCycleHook } from '../life-cycle.js';
import { requireEvent, requireFunction } from '../registration.js';
import { MOST_OF_A_KIND, type AskedHook, type IsolatedHooks } from './protocol.js';

const DEADLINES: Readonly<Record<AskedHook, HookDeadline>> = {
  decide: DECIDE_DEADLINE,
  detect: DETECT_DEADLINE,
  overrideInterval: INTERVAL_DEADLINE,
};

export interface IsolatedSurroundings {
  readonly clock: Clock;
  readonly log: (
    level: keyof PluginLogger,
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ) => void;
  readonly onFailure: (hook: HookName, error: unknown) => void;
}

interface Asked {
  readonly hook: AskedHook;
  readonly deadlineMs: number | undefined;
  answer(...args: readonly unknown[]): unknown;
}

/** The host that an isolated plugin sees, in the plugin's own process: what needs the monitor's own objects is missing. */
export class IsolatedHost implements PluginHost {
  readonly name: string;
  readonly config: unknown;
  readonly logger: PluginLogger;
  readonly clock: Clock;
  readonly #surroundings: IsolatedSurroundings;
  readonly #listeners = new Map<PluginEventName, ((payload: unknown) => void)[]>();
  readonly #asked: Asked[] = [];
  readonly #starts: LifeCycleHook[] = [];
  readonly #disposals: LifeCycleHook[] = [];
  readonly #life = new AbortController();
  #isSealed = false;

  constructor(name: string, config: unknown, surroundings: IsolatedSurroundings) {
    this.name = name;
    this.config = config;
    this.#surroundings = surroundings;
    this.clock = surroundings.clock;
    this.logger = loggerOver(surroundings);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Its process does not know the files. */
  async configPlace(): Promise<string | undefined> {
    return await Promise.resolve<string | undefined>(undefined);
  }

  on<E extends PluginEventName>(event: E, listener: PluginListener<E>, options: HookOptions = {}): void {
    requireEvent(event);
    this.#register(`on:${event}`, listener);
    const { clock } = this.#surroundings;
    const deadlineMs = deadlineOf(options, LISTENER_DEADLINE);
    const onFailure = (error: unknown): void => {
      this.#surroundings.onFailure(`on:${event}`, error);
    };
    const deliver = contained(listener, { deadlineMs, clock, onFailure });
    const known = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [
      ...known,
      (payload) => {
        void deliver(payload as PluginEvents[E]);
      },
    ]);
  }

  overrideInterval(answer: Parameters<PluginHost['overrideInterval']>[0], options?: HookOptions): void {
    this.#registerAsked('overrideInterval', answer, options);
  }

  detect(answer: Parameters<PluginHost['detect']>[0], options?: HookOptions): void {
    this.#registerAsked('detect', answer, options);
  }

  decide(answer: Parameters<PluginHost['decide']>[0], options?: HookOptions): void {
    this.#registerAsked('decide', answer, options);
  }

  scanEarly(): never {
    throw this.#missing('scanEarly');
  }

  overrideLimits(): never {
    throw this.#missing('overrideLimits');
  }

  get(): never {
    throw this.#missing('get');
  }

  provide(): never {
    throw this.#missing('provide');
  }

  resolve(): never {
    throw this.#missing('resolve');
  }

  onStart(call: LifeCycleHook['call'], options: HookOptions = {}): void {
    this.#register('onStart', call);
    this.#starts.push({ call, deadlineMs: deadlineOf(options, START_DEADLINE) });
  }

  onDispose(call: LifeCycleHook['call'], options: HookOptions = {}): void {
    requireFunction('onDispose', call);
    this.#disposals.push({ call, deadlineMs: deadlineOf(options, DISPOSE_DEADLINE) });
  }

  seal(): void {
    this.#isSealed = true;
  }

  /** What has been registered, for the monitor; the events in their own order, so that two lists can be compared. */
  hooks(order: readonly PluginEventName[]): IsolatedHooks {
    return {
      events: order.filter((event) => this.#listeners.has(event)),
      asked: this.#asked.map(({ hook, deadlineMs }) => ({ hook, deadlineMs })),
    };
  }

  deliver(event: PluginEventName, payload: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      listener(payload);
    }
  }

  /** The answer of the hook with that number. Rejects as the plugin does. */
  async answer(index: number, args: readonly unknown[]): Promise<unknown> {
    const asked = this.#asked[index];
    if (asked === undefined) {
      throw new Error(`there is no hook ${index}`);
    }
    const answer = await asked.answer(...args);
    if (answer !== undefined && !isPlain(answer)) {
      // It would arrive as undefined, which is no opinion.
      throw new Error('the answer is no plain data');
    }
    return answer;
  }

  async start(): Promise<void> {
    await runStarts(this.#starts, this.#surroundings);
  }

  async dispose(): Promise<void> {
    await runDisposals(this.#disposals, this.#surroundings);
    this.#life.abort();
  }

  #registerAsked(hook: AskedHook, answer: Asked['answer'], options: HookOptions = {}): void {
    this.#register(hook, answer);
    if (this.#asked.filter((asked) => asked.hook === hook).length >= MOST_OF_A_KIND) {
      const message = `${this.name} is isolated, so it can register ${hook} ${MOST_OF_A_KIND} times at most; do more in one.`;
      throw new MonitorError('MM_ERR_PLUGIN_ISOLATED', message);
    }
    const deadlineMs = options.deadlineMs === undefined ? undefined : deadlineOf(options, DEADLINES[hook]);
    this.#asked.push({ hook, deadlineMs, answer });
  }

  #register(hook: HookName, callback: unknown): void {
    if (this.#isSealed) {
      throw new MonitorError(
        'MM_ERR_PLUGIN_SEALED',
        `${this.name} registered ${hook} after its setup was over; register everything in setup.`,
      );
    }
    requireFunction(hook, callback);
  }

  #missing(method: string): MonitorError {
    return new MonitorError(
      'MM_ERR_PLUGIN_ISOLATED',
      `${this.name} is isolated, so it can not use host.${method}; ` +
        'remove isolate = true, or do without: on, decide, detect, overrideInterval, onStart and onDispose work.',
    );
  }
}

/** Whether it can be sent at all: a function can't, nor what holds itself. */
function isPlain(value: unknown): boolean {
  try {
    return typeof JSON.stringify(value) === 'string';
  } catch {
    return false;
  }
}

function loggerOver({ log }: IsolatedSurroundings): PluginLogger {
  const method =
    (level: keyof PluginLogger): PluginLogger['info'] =>
    (...line) => {
      const { fields, text } = lineOf(...line);
      log(level, isPlain(fields) ? fields : {}, text);
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}
