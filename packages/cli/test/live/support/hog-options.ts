export interface HogOptions {
  /** Memory of its own, beside the 40 to 60 MB that Node itself takes. */
  readonly megabytes?: number;
  /** A file to share memory with others by, and how much of it. */
  readonly sharedFile?: string;
  readonly sharedMegabytes?: number;
  /**
   * `ignore` it, `shrink` to almost nothing (and grow again on SIGUSR2), `bear` an heir of the same size and exit,
   * `execute` another program.
   * Undefined leaves the default: it dies.
   */
  readonly onSigterm?: 'ignore' | 'shrink' | 'bear' | 'execute';
  /** Says which signals arrive, of all that can be caught; none of those then ends it. */
  readonly recordsSignals?: boolean;
  /** The kernel's name for it, any bytes, in base64. */
  readonly comm?: string;
}
