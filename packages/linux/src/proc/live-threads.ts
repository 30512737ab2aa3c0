import { readdirSync } from 'node:fs';

import type { ProcReader } from './proc-reader.js';

/** So many threads are asked in one look at each end of the list, and so many in between: the look has to end. */
const MOST_AT_AN_END = 64;
const MOST_BETWEEN = 128;
const MOST_THREADS = 2 * MOST_AT_AN_END + MOST_BETWEEN;

/** What one look has come to: `unknown` where there are more threads than it asks, and none of those shows any memory. */
export type LiveThread =
  { readonly state: 'found'; readonly directory: string } | { readonly state: 'none' | 'unknown' };

interface Progress {
  /** The thread that showed memory last. */
  threadId: string | undefined;
  /** Where the next look goes on between the ends of the list. */
  nextIndex: number;
}

/**
 * Finds a thread that shows the memory of its process. Where the first thread has ended, its own files show none, and neither do
 * those of other threads that have ended and wait for a tracer: somebody who has something to hide can make very many of them.
 * So each look goes on where the last one has stopped, and comes to every thread in its turn.
 */
export class LiveThreads {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  /** Of processes with more threads than one look asks. */
  readonly #progress = new Map<number, Progress>();

  constructor(reader: ProcReader, procRoot: string) {
    this.#reader = reader;
    this.#procRoot = procRoot;
  }

  /** `statm` is filled with the figures of the thread that was found. */
  find(pid: number, statm: Float64Array): LiveThread {
    const tasks = `${this.#procRoot}/${pid}/task`;
    const showsMemory = (threadId: string): boolean =>
      this.#reader.readNumbers(`${tasks}/${threadId}/statm`, statm) === statm.length && (statm[1] ?? 0) > 0;
    const known = this.#progress.get(pid)?.threadId;
    if (known !== undefined && showsMemory(known)) {
      return { state: 'found', directory: `${tasks}/${known}` };
    }
    const all = listNames(tasks);
    const threadId = this.#choose(pid, all).find(showsMemory);
    if (threadId === undefined) {
      return { state: all.length > MOST_THREADS ? 'unknown' : 'none' };
    }
    const progress = this.#progress.get(pid);
    if (progress !== undefined) {
      progress.threadId = threadId;
    }
    return { state: 'found', directory: `${tasks}/${threadId}` };
  }

  /** Forgets the processes that are not there any more. */
  keepOnly(isThere: (pid: number) => boolean): void {
    for (const pid of this.#progress.keys()) {
      if (!isThere(pid)) {
        this.#progress.delete(pid);
      }
    }
  }

  /** New threads are at the end of the list, which therefore is looked at each time. */
  #choose(pid: number, all: readonly string[]): readonly string[] {
    if (all.length <= MOST_THREADS) {
      this.#progress.delete(pid);
      return all;
    }
    const between = all.slice(MOST_AT_AN_END, -MOST_AT_AN_END);
    const progress = this.#progress.get(pid) ?? { threadId: undefined, nextIndex: 0 };
    const begin = progress.nextIndex < between.length ? progress.nextIndex : 0;
    progress.nextIndex = begin + MOST_BETWEEN;
    this.#progress.set(pid, progress);
    return [
      ...all.slice(0, MOST_AT_AN_END),
      ...all.slice(-MOST_AT_AN_END),
      ...between.slice(begin, begin + MOST_BETWEEN),
    ];
  }
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
