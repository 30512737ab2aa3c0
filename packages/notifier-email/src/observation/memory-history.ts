import type { ProcessIdentity, ScanSamples } from '@memory-monitor/core';

import type { History } from '../notice/notice.js';
import { largestRows } from './largest-rows.js';

/** So many processes are followed: those that may be ended are among the largest. */
const MOST_PROCESSES = 64;
/** How far back a history goes. */
export const LONGEST_HISTORY_MS = 10 * 60_000;
const MOST_POINTS = 120;
const SHORTEST_STEP_MS = LONGEST_HISTORY_MS / MOST_POINTS;

/**
 * Remembers the memory of the largest processes over the last ten minutes. Bounded, whatever the interval. It begins anew where the clock
 * was set back.
 */
export class MemoryHistory {
  readonly #lines = new Map<number, Line>();

  /** Takes what a scan has read. */
  record(samples: ScanSamples, atMs: number): void {
    const seen = new Set<number>();
    for (const row of largestRows(samples, MOST_PROCESSES)) {
      const [pid, startTime] = [samples.pid[row] ?? 0, samples.startTime[row] ?? 0];
      let line = this.#lines.get(pid);
      if (line?.startTime !== startTime || line.newestMs > atMs) {
        line = new Line(startTime);
        this.#lines.set(pid, line);
      }
      line.add(atMs, samples.rssBytes[row] ?? 0);
      seen.add(pid);
    }
    for (const pid of this.#lines.keys()) {
      if (!seen.has(pid)) {
        this.#lines.delete(pid);
      }
    }
  }

  /** What is known of a process; empty if it was never among the largest. */
  of({ pid, startTime }: ProcessIdentity): History {
    const line = this.#lines.get(pid);
    return line?.startTime === startTime ? line.points() : { atMs: [], bytes: [] };
  }
}

/** The points of one process, in a ring. */
class Line {
  readonly startTime: number;
  readonly #atMs = new Float64Array(MOST_POINTS);
  readonly #bytes = new Float64Array(MOST_POINTS);
  #count = 0;

  constructor(startTime: number) {
    this.startTime = startTime;
  }

  get newestMs(): number {
    return this.#count === 0 ? -Infinity : (this.#atMs[(this.#count - 1) % MOST_POINTS] ?? 0);
  }

  add(atMs: number, bytes: number): void {
    const last = (this.#count - 1) % MOST_POINTS;
    // The newest one moves on until it is a step away from the one before it.
    const before = (this.#count - 2) % MOST_POINTS;
    const isDense =
      this.#count >= 2 && (this.#atMs[last] ?? 0) - (this.#atMs[before] ?? 0) < SHORTEST_STEP_MS;
    const index = isDense ? last : this.#count % MOST_POINTS;
    this.#atMs[index] = atMs;
    this.#bytes[index] = bytes;
    this.#count += isDense ? 0 : 1;
  }

  points(): History {
    const first = Math.max(0, this.#count - MOST_POINTS);
    const indices = Array.from(
      { length: this.#count - first },
      (_, offset) => (first + offset) % MOST_POINTS,
    );
    const newestMs = this.#atMs[indices.at(-1) ?? 0] ?? 0;
    const recent = indices.filter((index) => (this.#atMs[index] ?? 0) >= newestMs - LONGEST_HISTORY_MS);
    return {
      atMs: recent.map((index) => this.#atMs[index] ?? 0),
      bytes: recent.map((index) => this.#bytes[index] ?? 0),
    };
  }
}
