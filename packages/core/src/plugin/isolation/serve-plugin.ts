import { messageOf, MonitorError, stackOf } from '../../errors.js';
import { EVENT_NAMES } from '../../events.js';
import { deepFreeze } from '../../freeze.js';
import type { HookName } from '../../hook-failure.js';
import type { Clock } from '../../ports.js';
import { checkConfig } from '../check-config.js';
import { checkDefinition, type PluginDefinition } from '../definition.js';
import { IsolatedHost } from './isolated-host.js';
import type { Failure, FromChild, PluginCode, ToChild } from './protocol.js';

/**
 * What the process of a plugin is served through.
 * @internal
 */
export interface ChildSurroundings {
  readonly clock: Clock;
  readonly send: (message: FromChild) => void;
  /** The default export of the compiled plugin. Rejects with a `MonitorError`. */
  readonly importPlugin: (code: PluginCode, use: string) => Promise<unknown>;
}

/**
 * The other end of the link, in the plugin's own process: one plugin, from its loading to its disposal.
 * @internal
 */
export class PluginServer {
  readonly #surroundings: ChildSurroundings;
  #loaded: { readonly definition: PluginDefinition; readonly config: unknown } | undefined;
  #host: IsolatedHost | undefined;

  constructor(surroundings: ChildSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Takes one message. Never rejects. */
  async take(message: ToChild): Promise<void> {
    const work = this.#act(message);
    this.#surroundings.send({ type: 'taken', sequence: message.sequence });
    try {
      await work;
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What went wrong outside of every hook. */
  tellFailure(error: unknown): void {
    this.#fail('background', error);
  }

  async #act(message: ToChild): Promise<void> {
    switch (message.type) {
      case 'load':
        await this.#load(message);
        break;
      case 'setup':
        await this.#setUp(message.name);
        break;
      case 'start':
        await this.#host?.start();
        break;
      case 'event':
        this.#host?.deliver(message.event, deepFreeze(message.payload));
        break;
      case 'ask':
        await this.#ask(message);
        break;
      case 'dispose':
        await this.#host?.dispose();
        this.#surroundings.send({ type: 'disposed' });
        break;
    }
  }

  async #load({ code, use, config }: Extract<ToChild, { type: 'load' }>): Promise<void> {
    const { clock, importPlugin, send } = this.#surroundings;
    const definition = checkDefinition(await importPlugin(code, use), use);
    const checked = await checkConfig(definition, config, clock);
    if (checked.issues !== undefined) {
      send({ type: 'misconfigured', issues: checked.issues });
      return;
    }
    this.#loaded = { definition, config: checked.config };
    const { name, version, needs = [] } = definition;
    send({ type: 'loaded', description: { name, version, needs } });
  }

  async #setUp(name: string): Promise<void> {
    if (this.#loaded === undefined) {
      throw new MonitorError('MM_ERR_INTERNAL', 'a plugin is set up before it is loaded');
    }
    const { definition, config } = this.#loaded;
    const { clock, send } = this.#surroundings;
    this.#host = new IsolatedHost(name, config, {
      clock,
      log: (level, fields, message) => {
        send({ type: 'log', level, fields, message });
      },
      onFailure: (hook, error) => {
        this.#fail(hook, error);
      },
    });
    try {
      await definition.setup(this.#host as never);
    } finally {
      this.#host.seal();
    }
    send({ type: 'ready', hooks: this.#host.hooks(EVENT_NAMES) });
  }

  async #ask({ id, hook, index, args }: Extract<ToChild, { type: 'ask' }>): Promise<void> {
    try {
      if (this.#host === undefined) {
        // "Undefined" would be no opinion, and the process be ended.
        throw new Error('the plugin is not set up yet');
      }
      const answer = await this.#host.answer(index, deepFreeze(args));
      this.#surroundings.send({ type: 'answer', id, answer });
    } catch (error) {
      this.#surroundings.send({ type: 'failed', id, hook, failure: failureOf(error) });
    }
  }

  #fail(hook: HookName, error: unknown): void {
    this.#surroundings.send({ type: 'failed', hook, failure: failureOf(error) });
  }

  #refuse(error: unknown): void {
    const code = error instanceof MonitorError ? error.code : 'MM_ERR_PLUGIN_SETUP';
    this.#surroundings.send({ type: 'refused', code, message: messageOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  return { message: messageOf(error), stack: stackOf(error) };
}
