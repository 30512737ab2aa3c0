import { LATE, within } from '../../deadline.js';
import { MonitorError } from '../../errors.js';
import type { HookName } from '../../hook-failure.js';
import type { Clock } from '../../ports.js';
import { contained } from '../contained.js';
import type {
  HookOptions,
  PluginEventName,
  PluginEvents,
  PluginHost,
  PluginListener,
  PluginLogger,
} from '../host.js';
import { lineOf } from '../plugin-logger.js';
import type { AskedHook, IsolatedHooks } from './protocol.js';

const LISTENER_DEADLINE_MS = 10_000;
/** Less than the monitor allows for all of them together. */
const DISPOSE_DEADLINE_MS = 1000;

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

type LifeCycleHook = () => void | Promise<void>;

/** The host that an isolated plugin sees, in the plugin's own process: what needs the monitor's own objects is missing. */
export class IsolatedHost implements PluginHost {
  readonly name: string;
  readonly config: unknown;
  readonly logger: PluginLogger;
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
    this.logger = loggerOver(surroundings);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  on<E extends PluginEventName>(
    event: E,
    listener: PluginListener<E>,
    { deadlineMs = LISTENER_DEADLINE_MS }: HookOptions = {},
  ): void {
    this.#register(`on:${event}`);
    const { clock } = this.#surroundings;
    const onFailure = (error: unknown): void => {
      this.#surroundings.onFailure(`on:${event}`, error);
    };
    const deliver = contained(listener, { deadlineMs, clock, onFailure });
    const known = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [
      ...known,
      (payload) => {
        deliver(payload as PluginEvents[E]);
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

  onStart(start: LifeCycleHook): void {
    this.#register('onStart');
    this.#starts.push(start);
  }

  onDispose(dispose: LifeCycleHook): void {
    this.#disposals.push(dispose);
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
    return await asked.answer(...args);
  }

  async start(): Promise<void> {
    for (const start of this.#starts) {
      await this.#run('onStart', start, LISTENER_DEADLINE_MS);
    }
  }

  async dispose(): Promise<void> {
    for (let dispose = this.#disposals.pop(); dispose !== undefined; dispose = this.#disposals.pop()) {
      await this.#run('onDispose', dispose, DISPOSE_DEADLINE_MS);
    }
    this.#life.abort();
  }

  async #run(hook: 'onStart' | 'onDispose', call: LifeCycleHook, deadlineMs: number): Promise<void> {
    const { clock, onFailure } = this.#surroundings;
    try {
      if ((await within((ms, abort) => clock.sleep(ms, abort), deadlineMs, call())) === LATE) {
        throw new Error(`it has not come to an end within ${deadlineMs} ms`);
      }
    } catch (error) {
      onFailure(hook, error);
    }
  }

  #registerAsked(hook: AskedHook, answer: Asked['answer'], { deadlineMs }: HookOptions = {}): void {
    this.#register(hook);
    this.#asked.push({ hook, deadlineMs, answer });
  }

  #register(hook: HookName): void {
    if (this.#isSealed) {
      throw new MonitorError(
        'MM_ERR_PLUGIN_SEALED',
        `${this.name} registered ${hook} after its setup was over; register everything in setup.`,
      );
    }
  }

  #missing(method: string): MonitorError {
    return new MonitorError(
      'MM_ERR_PLUGIN_ISOLATED',
      `${this.name} is isolated, so it can not use host.${method}; ` +
        'remove isolate = true, or do without: on, decide, detect and overrideInterval work.',
    );
  }
}

function loggerOver({ log }: IsolatedSurroundings): PluginLogger {
  const method =
    (level: keyof PluginLogger): PluginLogger['info'] =>
    (...line) => {
      const { fields, text } = lineOf(...line);
      log(level, fields, text);
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}
