/** The longest that a timer takes: 2³¹ − 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms`, or as soon as one of `aborts` fires. */
export async function sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void> {
  if (ms <= 0 || aborts.some(({ aborted }) => aborted)) {
    return;
  }
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      for (const abort of aborts) {
        abort.removeEventListener('abort', wake);
      }
      resolve();
    };
    const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER_MS));
    for (const abort of aborts) {
      abort.addEventListener('abort', wake);
    }
  });
}
