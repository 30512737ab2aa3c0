import { token } from '@memory-monitor/core';

/** Windows by their names, for other plugins: what policy-user's `during` asks. */
export interface NamedWindows {
  readonly names: readonly string[];
  /** Whether one of that name is open now, in force or not. */
  isOpen(name: string): boolean;
}

export const SCHEDULE = token<NamedWindows>('@memory-monitor/policy-schedule/windows');
