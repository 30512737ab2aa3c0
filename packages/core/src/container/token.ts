import 'reflect-metadata';

import { inject as tsyringeInject, injectable as tsyringeInjectable } from 'tsyringe';

import { MonitorError } from '../errors.js';

/** Names a service of type `T` in the container. */
export interface Token<T> {
  readonly name: string;
  readonly id: symbol;
  /** Never there at run time: it holds the type, so that tokens of different services differ. */
  readonly serviceType?: (service: T) => T;
}

/** A token for services of type `T`. Two tokens of one name are the same token, in every copy of this package. */
export function token<T>(name: string): Token<T> {
  return { name, id: Symbol.for(`@memory-monitor/token/${name}`) };
}

/** Plugins are plain JavaScript in the end. Throws MM_ERR_DEPENDENCY_MISSING for what is no token. */
export function requireToken(wanted: unknown): void {
  if (typeof (wanted as Partial<Token<unknown>> | null | undefined)?.id !== 'symbol') {
    const what = typeof wanted === 'function' ? `the class ${wanted.name}` : String(wanted);
    throw new MonitorError(
      'MM_ERR_DEPENDENCY_MISSING',
      `A service is named by a token, and ${what} is none; use one such as CLOCK, or make one with token().`,
    );
  }
}

/** The tokens in the constructors of injectable classes. */
const injected = new WeakMap<object, readonly Token<unknown>[]>();

type AnyClass = abstract new (...args: never[]) => unknown;
type ParameterAt<C, I extends number> = C extends abstract new (...args: infer A) => unknown ? A[I] : never;
/** What the compiler says then. */
type Mismatch = "the token's service does not fit the type of this parameter";

/**
 * Marks a constructor parameter to be filled with the token's service. A token whose service does not fit the
 * parameter's type does not compile.
 */
export function inject<T>(
  wanted: Token<T>,
): <C extends AnyClass, I extends number>(
  target: C,
  key: undefined,
  index: T extends ParameterAt<C, I> ? I : Mismatch,
) => void {
  requireToken(wanted);
  return (target, key, index) => {
    tsyringeInject(wanted.id)(target, key, index as number);
    injected.set(target, [...injectedInto(target), { name: wanted.name, id: wanted.id }]);
  };
}

/** What the constructor of an injectable class is to be filled with. */
export function injectedInto(target: object): readonly Token<unknown>[] {
  return injected.get(target) ?? [];
}

/** Marks a class that the container may build: each of its constructor parameters has an `@inject(TOKEN)`. */
export function injectable(): (target: new (...args: never[]) => unknown) => void {
  return (target) => {
    tsyringeInjectable()(target);
  };
}
