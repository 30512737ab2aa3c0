import { settle } from '@memory-monitor/core/testing';

/** The rejections that nobody has handled while this was done, and right after it. */
export async function unhandledDuring(work: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on('unhandledRejection', note);
  try {
    await work();
    await settle();
    return unhandled;
  } finally {
    process.off('unhandledRejection', note);
  }
}
