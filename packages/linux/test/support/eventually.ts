const DEADLINE_MS = 10_000;
const PAUSE_MS = 10;

/** Waits until `read` returns something that is neither undefined nor false, and returns it. */
export async function eventually<T>(what: string, read: () => T | undefined | false): Promise<T> {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (performance.now() > endMs) {
      throw new Error(`still waiting after ${DEADLINE_MS / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
