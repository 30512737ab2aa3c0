/** The bytes of a "GB", in the configuration and in log lines. */
export const BYTES_PER_GB = 1024 ** 3;

/** Bytes as log lines write them: `3.50GB`. */
export function inGb(bytes: number): string {
  return `${(bytes / BYTES_PER_GB).toFixed(2)}GB`;
}

/** Milliseconds as people say them: `0.3 s`, `120 s`. */
export function inSeconds(ms: number): string {
  return `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
}
