/** What should happen to a violator. */
export type Action = 'kill' | 'warn' | 'defer' | 'spare';

/** A verdict; `defer` says for how long. */
export type Verdict =
  | { readonly action: 'kill' | 'warn' | 'spare' }
  | {
      readonly action: 'defer';
      /** Counted from the first deferral of the violation, and bounded by `max_defer_seconds`. */
      readonly seconds: number;
    };

/** One voice in a decision. */
export interface TrailEntry {
  /** `limits`, `plugin:NAME`, or the name of the monitor's own bound: `shared-memory`, `blast-radius`, `max-defer`. */
  readonly source: string;
  readonly action: Action;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly tookMs: number;
}
