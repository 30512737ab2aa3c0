import type { MemoryPressure } from '@memory-monitor/core';

/**
 * Reads a PSI file such as `/proc/pressure/memory`, Documentation/accounting/psi.rst of the kernel; undefined if it is not one.
 * A kernel that leaves `full` out counts as one where nothing stands still altogether.
 */
export function parsePressure(text: string): MemoryPressure | undefined {
  const some = averagesOf(text, 'some');
  const full = averagesOf(text, 'full');
  return some === undefined
    ? undefined
    : {
        someAvg10: some.avg10,
        someAvg60: some.avg60,
        fullAvg10: full?.avg10 ?? 0,
        fullAvg60: full?.avg60 ?? 0,
      };
}

function averagesOf(text: string, kind: 'some' | 'full'): { avg10: number; avg60: number } | undefined {
  const [, avg10, avg60] =
    new RegExp(`^${kind} avg10=(\\d+(?:\\.\\d+)?) avg60=(\\d+(?:\\.\\d+)?) `, 'm').exec(text) ?? [];
  return avg10 === undefined || avg60 === undefined
    ? undefined
    : { avg10: Number(avg10), avg60: Number(avg60) };
}
