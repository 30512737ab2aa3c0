import type { Terminator } from '../termination/terminator.js';

/** A terminator whose terminations all fail, for a reason in words. */
export function failingTerminator(reason: string): Terminator {
  return {
    terminate: async () => await Promise.resolve({ outcome: 'failed', signal: undefined, reason }),
  };
}
