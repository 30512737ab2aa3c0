import 'reflect-metadata';

import { inject as tsyringeInject, injectable as tsyringeInjectable } from 'tsyringe';

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
