const BEAT_MS = 5;

/** Runs `work`; returns its result, and the longest time that the event loop stood still meanwhile. */
export async function withLoopDelay<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly longestMs: number; readonly tookMs: number }> {
  const beganMs = performance.now();
  let lastMs = beganMs;
  let longestMs = 0;
  const beat = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs - BEAT_MS);
    lastMs = nowMs;
  };
  const timer = setInterval(beat, BEAT_MS);
  try {
    const result = await work();
    beat();
    return { result, longestMs, tookMs: performance.now() - beganMs };
  } finally {
    clearInterval(timer);
  }
}
