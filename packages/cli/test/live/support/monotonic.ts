/** Milliseconds that all processes of the machine count alike, and that nobody can set: CLOCK_MONOTONIC. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
