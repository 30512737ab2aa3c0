import { readdirSync } from 'node:fs';

import type { ProcReader } from './proc-reader.js';

/** More threads than that are not asked: the walk has to end. */
const MOST_THREADS = 256;

/**
 * Directory of a thread that shows the memory of its process. Where the first thread has ended, its own files show none,
 * and neither do those of other threads that have ended and wait for a tracer. Undefined if no thread shows any.
 */
export function findThreadWithMemory(
  reader: ProcReader,
  processDirectory: string,
  statm: Float64Array,
): string | undefined {
  const tasks = `${processDirectory}/task`;
  return listNames(tasks)
    .slice(0, MOST_THREADS)
    .map((tid) => `${tasks}/${tid}`)
    .find((thread) => reader.readNumbers(`${thread}/statm`, statm) === statm.length && (statm[1] ?? 0) > 0);
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
