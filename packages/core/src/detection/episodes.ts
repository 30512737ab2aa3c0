import type { Doubt } from '../decision/limits.js';
import type { Action } from '../decision/verdict.js';
import { identityKey, type ProcessIdentity } from '../process.js';
import type { Violation } from './violation.js';

/** Scans in a row below the limit that end a violation. */
const SCANS_BELOW_TO_END = 3;

/** What the monitor keeps of one violation from scan to scan. */
export interface Episode {
  violation: Violation;
  /** Plugins that could not be asked about its limits at the latest scan. */
  doubts: readonly Doubt[];
  /** The verdict that was told last; undefined makes the next one news. */
  toldAction: Action | undefined;
  /** When a decider deferred it first, on the monotonic clock, and for how long the latest one wants it deferred. */
  deferral: { readonly sinceMs: number; readonly seconds: number } | undefined;
  /** How often the process was let live in its grace period, because it had shrunk. */
  timesSpared: number;
  /** How many terminations have failed. */
  timesFailed: number;
  /** Nothing more is to be done: a signal was refused or outlived, or the process is frozen. Told once. */
  isBeyondReach: boolean;
  /** A termination is under way. */
  isBeingTerminated: boolean;
  /** Shortens the grace period of the termination that is under way to so much, counted from its beginning. */
  hasten: ((graceMs: number) => void) | undefined;
  /** A dry run has told what it would do. */
  isDryRunTold: boolean;
}

interface Tracked {
  readonly episode: Episode;
  scansBelow: number;
  isOver: boolean;
  isSeen: boolean;
}

export interface EndedEpisode {
  readonly episode: Episode;
  readonly reason: 'below-limit' | 'gone';
}

/** The violations that last, by process. */
export class Episodes {
  readonly #tracked = new Map<string, Tracked>();
  /** A PID has one process at a time, so a scan can look for it without building a key. */
  readonly #byPid = new Map<number, Tracked>();

  get size(): number {
    return this.#tracked.size;
  }

  /** Begins a new scan: nobody has been seen yet. */
  beginScan(): void {
    for (const tracked of this.#tracked.values()) {
      tracked.isOver = false;
      tracked.isSeen = false;
    }
  }

  /** The scan has met this process. */
  markSeen(pid: number, startTime: number): void {
    const tracked = this.#byPid.get(pid);
    if (tracked?.episode.violation.process.startTime === startTime) {
      tracked.isSeen = true;
    }
  }

  find(identity: ProcessIdentity): Episode | undefined {
    return this.#tracked.get(identityKey(identity))?.episode;
  }

  /** The process is over its limit in this scan: its episode goes on, or begins. */
  markOver(
    violation: Violation,
    doubts: readonly Doubt[] = [],
  ): { readonly episode: Episode; readonly isNew: boolean } {
    const key = identityKey(violation.process);
    const known = this.#tracked.get(key);
    if (known !== undefined) {
      known.episode.violation = violation;
      known.episode.doubts = doubts;
      known.scansBelow = 0;
      known.isOver = true;
      known.isSeen = true;
      return { episode: known.episode, isNew: false };
    }
    const episode: Episode = {
      violation,
      doubts,
      toldAction: undefined,
      deferral: undefined,
      timesSpared: 0,
      timesFailed: 0,
      isBeyondReach: false,
      isBeingTerminated: false,
      hasten: undefined,
      isDryRunTold: false,
    };
    const tracked = { episode, scansBelow: 0, isOver: true, isSeen: true };
    this.#tracked.set(key, tracked);
    this.#byPid.set(violation.process.pid, tracked);
    return { episode, isNew: true };
  }

  /**
   * Ends a scan: counts who was below the limit, and removes the episodes that are over. A termination that is under
   * way keeps its episode, or a process that grows again within its grace period would get a second one; and so does a
   * process that can't be ended, until it goes: its failure is told once.
   */
  endScan(): EndedEpisode[] {
    const ended: EndedEpisode[] = [];
    for (const tracked of this.#tracked.values()) {
      if (tracked.isOver) {
        continue;
      }
      tracked.scansBelow += 1;
      const { isBeingTerminated, isBeyondReach } = tracked.episode;
      const mayEnd = !isBeingTerminated && !isBeyondReach;
      if (!tracked.isSeen || (tracked.scansBelow >= SCANS_BELOW_TO_END && mayEnd)) {
        ended.push({ episode: tracked.episode, reason: tracked.isSeen ? 'below-limit' : 'gone' });
        this.remove(tracked.episode);
      }
    }
    return ended;
  }

  /** Forgets an episode. */
  remove({ violation }: Episode): void {
    const key = identityKey(violation.process);
    const tracked = this.#tracked.get(key);
    this.#tracked.delete(key);
    if (this.#byPid.get(violation.process.pid) === tracked) {
      this.#byPid.delete(violation.process.pid);
    }
  }

  /** The same episodes, apart: what becomes of them there changes nothing here. */
  copy(): Episodes {
    const copy = new Episodes();
    for (const [key, { episode, ...state }] of this.#tracked) {
      const tracked = { ...state, episode: { ...episode, hasten: undefined } };
      copy.#tracked.set(key, tracked);
      copy.#byPid.set(episode.violation.process.pid, tracked);
    }
    return copy;
  }

  /** Every episode that lasts. */
  all(): Episode[] {
    return [...this.#tracked.values()].map(({ episode }) => episode);
  }
}
