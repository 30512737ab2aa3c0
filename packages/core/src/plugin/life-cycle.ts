import { inTime } from '../deadline.js';
import type { HookName } from '../hook-failure.js';
import type { Clock } from '../ports.js';
import { NO_TRACE, traced, type CodeTrace } from './code-trace.js';

/** What is registered while the plugin is being disposed of counts too, but not for ever. */
const MOST_DISPOSALS = 1000;

/** One call at the start or the end of a plugin's life. */
export interface LifeCycleHook {
  readonly deadlineMs: number;
  readonly call: () => void | Promise<void>;
}

export interface LifeCycleSurroundings {
  readonly clock: Clock;
  readonly onFailure: (hook: HookName, error: unknown) => void;
  readonly trace?: CodeTrace;
}

/** Runs all of them, in order. Never rejects: one that fails is told, and the others are still called. */
export async function runStarts(
  hooks: readonly LifeCycleHook[],
  surroundings: LifeCycleSurroundings,
): Promise<void> {
  for (const hook of hooks) {
    await run('onStart', hook, hook.deadlineMs, surroundings);
  }
}

/** Runs and removes all of them, the last one first. Never rejects. `untilMs`: nobody waits any longer for any of them. */
export async function runDisposals(
  hooks: LifeCycleHook[],
  surroundings: LifeCycleSurroundings,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let count = 0; count < MOST_DISPOSALS; count += 1) {
    const hook = hooks.pop();
    if (hook === undefined) {
      return;
    }
    const leftMs = Math.max(0, untilMs - surroundings.clock.monotonicMs());
    await run('onDispose', hook, Math.min(hook.deadlineMs, leftMs), surroundings);
  }
  surroundings.onFailure('onDispose', new Error(`it has registered more than ${MOST_DISPOSALS} disposals`));
}

async function run(
  name: 'onStart' | 'onDispose',
  { call }: LifeCycleHook,
  deadlineMs: number,
  { clock, onFailure, trace = NO_TRACE }: LifeCycleSurroundings,
): Promise<void> {
  try {
    await inTime(clock, deadlineMs, traced(trace, call), 'it has not come to an end');
  } catch (error) {
    onFailure(name, error);
  }
}
