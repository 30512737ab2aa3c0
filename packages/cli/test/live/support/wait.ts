import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
/** A loaded machine is slow; a test that waits for so long waits in vain. */
const DEADLINE_MS = 20_000;

/** Waits until `look` finds something, and returns it; `what` completes "waited in vain for …". */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (performance.now() > endMs) {
      throw new Error(`waited in vain for ${what}`);
    }
    await sleep(POLL_MS);
  }
}
