import 'reflect-metadata';

import { container as globalContainer, type DependencyContainer } from 'tsyringe';

import { MonitorError } from '../errors.js';
import { injectedInto, requireToken, type Token } from './token.js';

/** Makes a service. `replaced` gives the one that would be in its place, to build upon. */
export type MakeService<T> = (services: Services, replaced: () => T) => T;

/** Services by token: each made once, when it is first asked for. A child sees its parent's and may have others of its own. */
export class Services {
  readonly #container: DependencyContainer;
  readonly #parent: Services | undefined;
  /** Registered, but replaceable. */
  readonly #defaults = new Map<symbol, MakeService<unknown>>();
  /** Asked for, here or from a child. */
  readonly #used = new Set<symbol>();

  /** With a parent, services that are not registered here are the parent's. */
  constructor(parent?: Services) {
    this.#container = (parent === undefined ? globalContainer : parent.#container).createChildContainer();
    this.#parent = parent;
  }

  /**
   * Registers how a service is made. Throws MM_ERR_DEPENDENCY_TWICE for a second provider of one service, and
   * MM_ERR_DEPENDENCY_LATE where somebody has been given another one already.
   */
  provide<T>(wanted: Token<T>, make: MakeService<T>): this {
    requireToken(wanted);
    const byDefault = this.#defaults.get(wanted.id);
    if (this.#container.isRegistered(wanted.id) && byDefault === undefined) {
      throw new MonitorError(
        'MM_ERR_DEPENDENCY_TWICE',
        `Two providers were given for "${wanted.name}"; remove one.`,
      );
    }
    if (this.#used.has(wanted.id)) {
      throw new MonitorError(
        'MM_ERR_DEPENDENCY_LATE',
        `"${wanted.name}" is in use already, so it can not be replaced any more; provide it before it is asked for.`,
      );
    }
    this.#defaults.delete(wanted.id);
    this.#register(wanted, make, () => this.#replaced(wanted, byDefault));
    return this;
  }

  /** Registers how a service is made unless somebody provides it, here or in a parent. */
  provideDefault<T>(wanted: Token<T>, make: MakeService<T>): this {
    if (!this.#container.isRegistered(wanted.id, true)) {
      this.#defaults.set(wanted.id, make as MakeService<unknown>);
      this.#register(wanted, make, () => this.#replaced(wanted, undefined));
    }
    return this;
  }

  /** Throws MM_ERR_DEPENDENCY_MISSING. */
  get<T>(wanted: Token<T>): T {
    requireToken(wanted);
    this.#used.add(wanted.id);
    if (this.#container.isRegistered(wanted.id)) {
      return this.#container.resolve<T>(wanted.id);
    }
    if (this.#parent !== undefined) {
      return this.#parent.get(wanted);
    }
    throw new MonitorError(
      'MM_ERR_DEPENDENCY_MISSING',
      `Nothing provides "${wanted.name}"; provide it at start.`,
    );
  }

  /** Builds an `@injectable()` class, its constructor parameters filled by their tokens. Throws MM_ERR_DEPENDENCY_MISSING. */
  resolve<T>(wanted: new (...args: never[]) => T): T {
    requireInjectable(wanted);
    // Asked for first, so that a missing one is our error, with its name, and not tsyringe's.
    for (const needed of injectedInto(wanted)) {
      this.get(needed);
    }
    return this.#container.resolve(wanted as new (...args: unknown[]) => T);
  }

  #replaced<T>(wanted: Token<T>, byDefault: MakeService<unknown> | undefined): T {
    if (byDefault !== undefined) {
      return byDefault(this, () => this.#replaced(wanted, undefined)) as T;
    }
    if (this.#parent === undefined) {
      throw new MonitorError('MM_ERR_DEPENDENCY_MISSING', `"${wanted.name}" replaces nothing.`);
    }
    return this.#parent.get(wanted);
  }

  /** tsyringe's own caching factories resolve from whoever asks first, so that memo is ours. */
  #register<T>(wanted: Token<T>, make: MakeService<T>, replaced: () => T): void {
    const replacedOnce = once(replaced);
    this.#container.register(wanted.id, { useFactory: once(() => make(this, replacedOnce)) });
  }
}

/** tsyringe's own words would be about type information, or circles. */
function requireInjectable(wanted: unknown): void {
  if (typeof wanted !== 'function') {
    throw new MonitorError(
      'MM_ERR_DEPENDENCY_MISSING',
      'Only an @injectable() class can be built; a service is had by get(TOKEN).',
    );
  }
  if (injectedInto(wanted).length < wanted.length) {
    throw new MonitorError(
      'MM_ERR_DEPENDENCY_MISSING',
      `A parameter of the constructor of ${wanted.name} has no token; mark each with @inject(TOKEN), and the class with @injectable().`,
    );
  }
}

/** The same answer ever after; one that throws is asked again. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
