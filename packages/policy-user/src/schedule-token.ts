import { token } from '@memory-monitor/core';

/** What policy-schedule provides, where it is configured before this plugin. */
export interface NamedWindows {
  readonly names: readonly string[];
  isOpen(name: string): boolean;
}

/** Tokens of one name are the same: neither plugin needs the other's code. */
export const SCHEDULE = token<NamedWindows>('@memory-monitor/policy-schedule/windows');
