import type { HookName } from '../hook-failure.js';

/** How one hook of one plugin has fared since the plugin was set up. */
export interface HookStatistics {
  readonly hook: HookName;
  readonly calls: number;
  readonly failures: number;
  /** All calls together, from question to answer, waiting included. */
  readonly totalMs: number;
  /** The longest call; of `overrideLimits` the longest scan. */
  readonly longestMs: number;
  readonly lastFailure: string | undefined;
}

type Counted = { -readonly [K in keyof HookStatistics]: HookStatistics[K] };

/** Counts for one set of plugins. */
export class PluginStatistics {
  readonly #hooks = new Map<string, Map<HookName, Counted>>();

  /** Makes a hook appear before it is called. */
  add(plugin: string, hook: HookName): void {
    this.#counted(plugin, hook);
  }

  countCalls(plugin: string, hook: HookName, calls: number, tookMs: number): void {
    const counted = this.#counted(plugin, hook);
    counted.calls += calls;
    counted.totalMs += tookMs;
    counted.longestMs = Math.max(counted.longestMs, tookMs);
  }

  countFailure(plugin: string, hook: HookName, message: string): void {
    const counted = this.#counted(plugin, hook);
    counted.failures += 1;
    counted.lastFailure = message;
  }

  of(plugin: string): HookStatistics[] {
    return [...(this.#hooks.get(plugin)?.values() ?? [])].map((counted) => ({ ...counted }));
  }

  #counted(plugin: string, hook: HookName): Counted {
    const hooks = this.#hooks.get(plugin) ?? new Map<HookName, Counted>();
    this.#hooks.set(plugin, hooks);
    const counted = hooks.get(hook) ?? {
      hook,
      calls: 0,
      failures: 0,
      totalMs: 0,
      longestMs: 0,
      lastFailure: undefined,
    };
    hooks.set(hook, counted);
    return counted;
  }
}
