const DEADLINE_MS = 10_000;
const PAUSE_MS = 10;

/** Asks until the answer is one, and returns it. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (performance.now() > endMs) {
      throw new Error(`still waiting after ${DEADLINE_MS / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
