import { LATE, within } from '../deadline.js';
import type { Clock } from '../ports.js';
import { isPromiseLike } from '../promise-like.js';

/** A listener that has so many calls under way is not called: whatever it waits for, it would only hold more memory. */
const MOST_PENDING = 100;

export interface Containment {
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Wraps a listener: whatever it does, the one who emits and the other listeners go on. The promise, if there is one, resolves when the
 * listener has come to its end or is late; it never rejects.
 */
export function contained<Payload>(
  listener: (payload: Payload) => unknown,
  { deadlineMs, clock, onFailure }: Containment,
): (payload: Payload) => Promise<void> | undefined {
  let pending = 0;
  const watch = async (result: Promise<unknown>): Promise<void> => {
    pending += 1;
    const settled = (): void => {
      pending -= 1;
    };
    result.then(settled, settled);
    try {
      if ((await within((ms, abort) => clock.sleep(ms, abort), deadlineMs, result)) === LATE) {
        onFailure(new Error(`it has not come to an end within ${deadlineMs} ms`));
      }
    } catch (error) {
      onFailure(error);
    }
  };
  return (payload) => {
    if (pending >= MOST_PENDING) {
      onFailure(new Error(`${MOST_PENDING} earlier calls have not come to an end, so this one is left out`));
      return undefined;
    }
    try {
      const result = listener(payload);
      if (isPromiseLike(result)) {
        // One `then` alone: some thenables begin their work anew for each.
        return watch(Promise.resolve(result));
      }
    } catch (error) {
      onFailure(error);
    }
    return undefined;
  };
}
