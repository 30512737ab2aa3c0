import { CheckedSource } from '../detection/checked-source.js';
import { milliseconds } from '../live-clock.js';
import type { Clock, IntentLog, ProcessGroups, ProcessHandles, ProcessSource } from '../ports.js';
import type { Signaller, Terminator } from '../termination/terminator.js';
import type { Token } from './token.js';
import {
  CLOCK,
  INTENT_LOG,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  SIGNALLER,
  TERMINATOR,
} from './tokens.js';

type MethodOf<T> = Extract<keyof T, string>;

const METHODS: ReadonlyMap<symbol, readonly string[]> = new Map([
  methods<Clock>(CLOCK, ['now', 'monotonicMs', 'sleep']),
  methods<ProcessSource>(PROCESS_SOURCE, ['readMemory', 'scan', 'inspect', 'inspectSlowly']),
  methods<ProcessHandles>(PROCESS_HANDLES, ['open']),
  methods<ProcessGroups>(PROCESS_GROUPS, ['groupOf']),
  methods<IntentLog>(INTENT_LOG, ['begin', 'end', 'recover']),
  methods<Signaller>(SIGNALLER, ['hold']),
  methods<Terminator>(TERMINATOR, ['terminate']),
]);

/**
 * A service of the monitor's as a plugin has made it: types promise nothing about plain JavaScript, so that what the loop
 * depends on is looked at here. Throws if it lacks a method, or if a clock or a process source has no sensible first answer;
 * `onFailure` is told of what it does wrong later.
 */
export function providedService<T>(
  { id, name }: Token<T>,
  service: T,
  clock: Clock,
  onFailure: (error: unknown) => void,
): T {
  const missing = (METHODS.get(id) ?? []).filter((method) => !hasMethod(service, method));
  if (missing.length > 0) {
    throw new TypeError(
      `a service "${name}" has to have ${missing.map((method) => `${method}()`).join(', ')}`,
    );
  }
  if (id === CLOCK.id) {
    const provided = service as Clock;
    milliseconds(provided.now(), 'now()');
    milliseconds(provided.monotonicMs(), 'monotonicMs()');
  }
  if (id === PROCESS_SOURCE.id) {
    const source = new CheckedSource(service as ProcessSource, clock, onFailure);
    source.readMemory();
    return source as T;
  }
  return service;
}

function methods<T>({ id }: Token<T>, names: readonly MethodOf<T>[]): [symbol, readonly string[]] {
  return [id, names];
}

function hasMethod(service: unknown, method: string): boolean {
  const members = (service ?? {}) as Readonly<Record<string, unknown>>;
  return typeof members[method] === 'function';
}
