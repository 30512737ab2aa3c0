import { LATE, within } from '../../deadline.js';
import type { DeciderAnswer } from '../../decision/pipeline.js';
import type { DetectAnswer } from '../../detection/raised.js';
import { messageOf, MonitorError } from '../../errors.js';
import type { HookName } from '../../hook-failure.js';
import type { IntervalAnswer } from '../../interval.js';
import type { Clock } from '../../ports.js';
import type { ConfigIssue } from '../check-config.js';
import { API_VERSION, type PluginDefinition } from '../definition.js';
import type { PluginEventName, PluginHost } from '../host.js';
import { ChildLink, errorOf } from './child-link.js';
import { Rate } from './rate.js';
import type {
  FromChild,
  IsolatedDescription,
  IsolatedHooks,
  IsolationState,
  LaunchPluginProcess,
  PluginCode,
} from './protocol.js';

/** How long a process may take to start, and to set its plugin up: under the service's quota, Node alone takes a second. */
const START_DEADLINE_MS = 20_000;
/** How long it may take to dispose of its plugin before it is ended. */
const DISPOSE_DEADLINE_MS = 5000;
/** How long what has been killed may take to be gone, with all that it has started. */
const END_DEADLINE_MS = 4000;
/** The pause before the first restart; each one is twice the last. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** After so many ends within this time, the plugin is not started any more. */
const MOST_ENDS = 5;
const ENDS_WINDOW_MS = 10 * 60_000;
/** A log is for people; the disk that it is kept on is the machine's. */
const MOST_LINES_PER_SECOND = 100;

/**
 * What an isolated plugin is started with.
 * @internal
 */
export interface IsolatedPluginOptions {
  readonly launch: LaunchPluginProcess;
  readonly clock: Clock;
  readonly code: PluginCode;
  readonly use: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * What the plugin says of itself, or what is wrong with its configuration.
 * @internal
 */
export type IsolatedLoad =
  | { readonly description: IsolatedDescription; readonly issues?: undefined }
  | { readonly issues: readonly ConfigIssue[] };

/** The host that plugins get is one of these: failures outside of every hook can be told to it. */
export interface ReportingHost extends PluginHost {
  reportFailure(hook: HookName, error: unknown): void;
}

type Step = FromChild | { readonly type: 'ended'; readonly how: string };

/**
 * A plugin that lives in a process of its own: loaded, set up, asked, and started again when its process ends.
 * @internal
 */
export class IsolatedPlugin {
  readonly #options: IsolatedPluginOptions;
  readonly #lines: Rate;
  #link: ChildLink | undefined;
  /** Whoever waits for the next step of a start. */
  #onStep: ((step: Step) => void) | undefined;
  #host: ReportingHost | undefined;
  #hooks: IsolatedHooks = { events: [], asked: [] };
  #endsAtMs: readonly number[] = [];
  #restarts = 0;
  /** Its plugin is set up: before that, no answer is an opinion. */
  #isReady = false;
  #isRestarting = false;
  #isDisabled = false;
  #isDisposed = false;

  constructor(options: IsolatedPluginOptions) {
    this.#options = options;
    this.#lines = new Rate(options.clock);
  }

  get state(): IsolationState {
    const isRunning = this.#isReady;
    return {
      state: this.#isDisabled ? 'disabled' : isRunning ? 'running' : 'restarting',
      pid: isRunning ? this.#link?.pid : undefined,
      restarts: this.#restarts,
    };
  }

  /** Starts the process and has it load the plugin. Rejects with a `MonitorError` where that can't be done. */
  async load(): Promise<IsolatedLoad> {
    const step = await this.#take(() => {
      this.#sendLoad();
    });
    if (step.type === 'loaded') {
      return { description: step.description };
    }
    if (step.type === 'misconfigured') {
      await this.discard();
      return { issues: step.issues };
    }
    throw await this.#refusal(step);
  }

  /** The plugin as the monitor sets it up, like any other. */
  definition({ name, version, needs }: IsolatedDescription): PluginDefinition {
    return {
      name,
      apiVersion: API_VERSION,
      ...(version === undefined ? {} : { version }),
      needs,
      setup: async (host) => {
        this.#host = host as ReportingHost;
        // Longer than it waits itself.
        host.onDispose(
          async () => {
            await this.#dispose();
          },
          { deadlineMs: 2 * DISPOSE_DEADLINE_MS },
        );
        this.#hooks = await this.#setUp(host.name);
        this.#isReady = true;
        this.#registerHooks(host);
      },
    };
  }

  /** Ends the process of a plugin that is not set up after all, or not used any more. Resolves when nothing of it runs. */
  async discard(): Promise<void> {
    this.#isDisposed = true;
    await this.#end('the plugin is not used');
  }

  async #end(reason: string): Promise<void> {
    const { clock } = this.#options;
    this.#link?.end(reason);
    await within((ms, abort) => clock.sleep(ms, abort), END_DEADLINE_MS, this.#link?.over);
  }

  #launch(): ChildLink {
    const { launch, clock } = this.#options;
    const link: ChildLink = new ChildLink(launch, clock, {
      onMessage: (message) => {
        this.#takeMessage(message);
      },
      onEnd: (how) => {
        // One that was given up may take its time to end.
        if (link === this.#link) {
          this.#takeEnd(how);
        }
      },
    });
    return link;
  }

  #sendLoad(): void {
    const { code, use, config } = this.#options;
    this.#link = this.#launch();
    this.#link.tell({ type: 'load', code, use, config });
  }

  async #takeSetup(name: string): Promise<Step> {
    return await this.#take(() => this.#link?.tell({ type: 'setup', name }));
  }

  async #setUp(name: string): Promise<IsolatedHooks> {
    const step = await this.#takeSetup(name);
    if (step.type !== 'ready') {
      throw await this.#refusal(step);
    }
    return step.hooks;
  }

  /** Does something that the process answers with the next step of its start. */
  async #take(act: () => void): Promise<Step> {
    const { clock } = this.#options;
    const answered = new Promise<Step>((resolve) => {
      this.#onStep = resolve;
    });
    act();
    const step = await within((ms, abort) => clock.sleep(ms, abort), START_DEADLINE_MS, answered);
    this.#onStep = undefined;
    return step === LATE ? { type: 'ended', how: `no answer within ${START_DEADLINE_MS / 1000} s` } : step;
  }

  async #refusal(step: Step): Promise<MonitorError> {
    await this.discard();
    return step.type === 'refused'
      ? new MonitorError(step.code, step.message)
      : new MonitorError(
          'MM_ERR_PLUGIN_ISOLATED',
          `The process of the plugin ${this.#options.use} can not be used: ${step.type === 'ended' ? step.how : 'it does not keep to the protocol'}.`,
        );
  }

  #registerHooks(host: PluginHost): void {
    const { events, asked } = this.#hooks;
    for (const event of events) {
      host.on(event, (payload) => {
        this.#tellEvent(event, payload);
      });
    }
    host.onStart(() => {
      this.#link?.tell({ type: 'start' });
    });
    asked.forEach(({ hook, deadlineMs }, index) => {
      const options = deadlineMs === undefined ? {} : { deadlineMs };
      const ask = async (...args: readonly unknown[]): Promise<unknown> => await this.#ask(hook, index, args);
      switch (hook) {
        case 'decide':
          host.decide(async (...args) => (await ask(...args)) as DeciderAnswer, options);
          break;
        case 'detect':
          host.detect(async (...args) => (await ask(...args)) as DetectAnswer, options);
          break;
        case 'overrideInterval':
          host.overrideInterval(async (...args) => (await ask(...args)) as IntervalAnswer, options);
          break;
      }
    });
  }

  #tellEvent(event: PluginEventName, payload: unknown): void {
    if (!this.#isReady) {
      throw new Error(`${this.#absence()}, so this event is left out`);
    }
    if (this.#link?.tell({ type: 'event', event, payload }) !== true) {
      throw new Error('its process does not keep up, so this event is left out');
    }
  }

  async #ask(...question: Parameters<ChildLink['ask']>): Promise<unknown> {
    if (!this.#isReady || this.#link === undefined) {
      throw new Error(this.#absence());
    }
    return await this.#link.ask(...question);
  }

  #absence(): string {
    return this.#isDisabled
      ? 'its process ended too often and is not started any more'
      : 'its process is being started again';
  }

  #takeMessage(message: FromChild): void {
    if (message.type === 'log') {
      this.#log(message);
    } else if (message.type === 'failed') {
      this.#host?.reportFailure(message.hook, errorOf(message.failure));
    } else {
      this.#onStep?.(message);
    }
  }

  #log({ level, fields, message }: Extract<FromChild, { type: 'log' }>): void {
    const lines = this.#lines.count();
    if (lines <= MOST_LINES_PER_SECOND) {
      this.#host?.logger[level](fields, message);
    } else if (lines === MOST_LINES_PER_SECOND + 1) {
      const why = `it logs more than ${MOST_LINES_PER_SECOND} lines in a second, so the rest of them is left out`;
      this.#host?.reportFailure('background', new Error(why));
    }
  }

  #takeEnd(how: string): void {
    this.#isReady = false;
    if (this.#onStep !== undefined) {
      this.#onStep({ type: 'ended', how });
    } else if (!this.#isDisposed && !this.#isRestarting) {
      this.#host?.reportFailure('isolation', new Error(`its process ended: ${how}`));
      void this.#restart(how);
    }
  }

  /** Starts it again after a pause, until it runs, has ended too often, or is not wanted any more. */
  async #restart(how: string): Promise<void> {
    const host = this.#host;
    let failure: string | undefined = how;
    this.#isRestarting = true;
    while (host !== undefined && failure !== undefined && !this.#isDisabled) {
      const ends = this.#countEnd();
      if (ends >= MOST_ENDS) {
        this.#disable(host, failure);
      } else {
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (ends - 1), LONGEST_PAUSE_MS);
        await this.#options.clock.sleep(pauseMs, host.signal);
        failure = this.#isDisposed ? undefined : await this.#startAgain(host);
      }
    }
    this.#isRestarting = false;
  }

  /** Counts an end; returns how many there were lately. */
  #countEnd(): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#endsAtMs = [...this.#endsAtMs.filter((atMs) => nowMs - atMs < ENDS_WINDOW_MS), nowMs];
    return this.#endsAtMs.length;
  }

  /** Returns why it could not be, if so. */
  async #startAgain(host: ReportingHost): Promise<string | undefined> {
    this.#restarts += 1;
    try {
      const loaded = await this.#take(() => {
        this.#sendLoad();
      });
      const step = loaded.type === 'loaded' ? await this.#takeSetup(host.name) : loaded;
      if (step.type === 'ready' && isSame(step.hooks, this.#hooks)) {
        this.#isReady = true;
        this.#link?.tell({ type: 'start' });
        return undefined;
      }
      // A new process would have the same user, and be taken for what is left of this one.
      this.#link?.end('it could not be set up again');
      await this.#link?.over;
      return reasonOf(step);
    } catch (error) {
      return messageOf(error);
    }
  }

  #disable(host: ReportingHost, reason: string): void {
    this.#isDisabled = true;
    const minutes = ENDS_WINDOW_MS / 60_000;
    const message = `it is not started any more, since its process ended ${MOST_ENDS} times within ${minutes} minutes; the last time: ${reason}`;
    host.reportFailure('isolation:disabled', new Error(message));
  }

  async #dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#isReady = false;
    if (this.#link?.isOver === false) {
      const { clock } = this.#options;
      const disposed = new Promise<Step>((resolve) => {
        this.#onStep = resolve;
      });
      this.#link.tell({ type: 'dispose' });
      await within((ms, abort) => clock.sleep(ms, abort), DISPOSE_DEADLINE_MS, disposed);
    }
    await this.#end('the plugin is disposed of');
  }
}

/** Why a start did not come to its end. */
function reasonOf(step: Step): string {
  if (step.type === 'ended') {
    return step.how;
  }
  return step.type === 'refused' ? step.message : 'it is not what it was';
}

function isSame(a: IsolatedHooks, b: IsolatedHooks): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
