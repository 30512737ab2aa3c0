import { NOT_HELD, type HeldStatm, type Holdable } from './held-statm.js';
import { boundaryOf, RANKS } from './rank.js';

/** Somebody has to rank so much higher than one who is held to take the place, if both are among those of whom some are held. */
const NOTABLE_RANKS = 2;

export interface Ranked extends Holdable {
  readonly rank: number;
}

/**
 * Sees to it that the largest are held, where there are more processes than may be. `hold` opens one. Who hovers about the
 * boundary keeps what it has: places change only for somebody who is clearly larger.
 */
export class HeldChoice {
  readonly #held: HeldStatm;
  readonly #counts = new Int32Array(RANKS);

  constructor(held: HeldStatm) {
    this.#held = held;
  }

  /** To be called after a scan; does nothing as long as there is room for all. */
  settle<T extends Ranked>(all: readonly T[], hold: (one: T) => void): void {
    const held = this.#held;
    if (all.length <= held.most && held.count === all.length) {
      return;
    }
    this.#counts.fill(0);
    for (const { rank } of all) {
      this.#counts[rank] = (this.#counts[rank] ?? 0) + 1;
    }
    const boundary = boundaryOf(this.#counts, held.most);
    let entitled = 0;
    let atBoundary = 0;
    for (const { fd, rank } of all) {
      if (fd === NOT_HELD && rank > boundary) {
        entitled += 1;
      } else if (fd === NOT_HELD && rank === boundary) {
        atBoundary += 1;
      }
    }
    this.#makeRoom(all, entitled + atBoundary, boundary - NOTABLE_RANKS);
    this.#makeRoom(all, entitled, boundary - 1);
    this.#makeRoom(all, entitled, boundary);
    this.#fill(all, hold, boundary + 1);
    this.#fill(all, hold, boundary);
  }

  /** Gives back what those have who rank no higher than `highestRank`, until there is room for so many. */
  #makeRoom(all: readonly Ranked[], wanted: number, highestRank: number): void {
    const held = this.#held;
    for (let index = 0; index < all.length && held.most - held.count < wanted; index += 1) {
      const one = all[index];
      if (isHeld(one) && one.rank <= highestRank) {
        held.release(one);
      }
    }
  }

  #fill<T extends Ranked>(all: readonly T[], hold: (one: T) => void, lowestRank: number): void {
    const held = this.#held;
    for (let index = 0; index < all.length && held.count < held.most; index += 1) {
      const one = all[index];
      if (one?.fd === NOT_HELD && one.rank >= lowestRank) {
        hold(one);
      }
    }
  }
}

function isHeld<T extends Ranked>(one: T | undefined): one is T {
  return one !== undefined && one.fd !== NOT_HELD;
}
