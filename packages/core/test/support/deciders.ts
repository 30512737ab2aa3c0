import type { Action, Decider } from '@memory-monitor/core';

/** A decider with a deadline of a second, which spares when it fails. */
export function decider(decide: Decider['decide'], more: Partial<Omit<Decider, 'decide'>> = {}): Decider {
  return { plugin: 'test', onFailure: 'spare', deadlineMs: 1000, decide, ...more };
}

/** A decider that always says the same. */
export function always(action: Exclude<Action, 'defer'>, plugin = 'test'): Decider {
  return decider(() => ({ verdict: { action }, reason: `always ${action}` }), { plugin });
}

/** A decider that always defers. */
export function alwaysDefer(seconds: number): Decider {
  return decider(() => ({ verdict: { action: 'defer', seconds }, reason: 'not now' }));
}
