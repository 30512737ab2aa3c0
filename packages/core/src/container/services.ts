import 'reflect-metadata';

import { container as globalContainer, type DependencyContainer } from 'tsyringe';

import { MonitorError } from '../errors.js';
import { injectedInto, type Token } from './token.js';

/** Services by token: each made once, when it is first asked for. */
export class Services {
  readonly #container: DependencyContainer = globalContainer.createChildContainer();
  /** Registered, but replaceable. */
  readonly #defaults = new Set<symbol>();

  /** Registers how a service is made. Providing one service twice is an error. */
  provide<T>(wanted: Token<T>, make: (services: Services) => T): this {
    if (this.#container.isRegistered(wanted.id) && !this.#defaults.delete(wanted.id)) {
      throw new MonitorError(
        'MM_ERR_DEPENDENCY_TWICE',
        `Two providers were given for "${wanted.name}"; remove one.`,
      );
    }
    this.#register(wanted, make);
    return this;
  }

  /** Registers how a service is made unless somebody provides it. */
  provideDefault<T>(wanted: Token<T>, make: (services: Services) => T): this {
    if (!this.#container.isRegistered(wanted.id)) {
      this.#defaults.add(wanted.id);
      this.#register(wanted, make);
    }
    return this;
  }

  get<T>(wanted: Token<T>): T {
    if (!this.#container.isRegistered(wanted.id)) {
      throw new MonitorError(
        'MM_ERR_DEPENDENCY_MISSING',
        `Nothing provides "${wanted.name}"; provide it at start.`,
      );
    }
    return this.#container.resolve<T>(wanted.id);
  }

  /** Builds an `@injectable()` class, its constructor parameters filled by their tokens. */
  resolve<T>(wanted: new (...args: never[]) => T): T {
    // Asked for first, so that a missing one is our error, with its name, and not tsyringe's.
    for (const needed of injectedInto(wanted)) {
      this.get(needed);
    }
    return this.#container.resolve(wanted as new (...args: unknown[]) => T);
  }

  /** tsyringe's own caching factories resolve from whoever asks first, so that memo is ours. */
  #register<T>(wanted: Token<T>, make: (services: Services) => T): void {
    let made: { readonly service: T } | undefined;
    this.#container.register(wanted.id, {
      useFactory: () => {
        made ??= { service: make(this) };
        return made.service;
      },
    });
  }
}
