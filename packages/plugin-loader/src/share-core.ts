import * as core from '@memory-monitor/core';

/** Where compiled plugins find core, so that their tokens and errors are the monitor's own. The compiler's shim reads it. */
const CORE = Symbol.for('@memory-monitor/core');

/** The names that a plugin can import from core. */
export function coreExports(): readonly string[] {
  return Object.keys(core);
}

/** Lets compiled plugins find this process's copy of core. */
export function shareCore(): void {
  (globalThis as Record<symbol, unknown>)[CORE] = core;
}
