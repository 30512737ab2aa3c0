import { closeSync } from 'node:fs';

import { mostToHold, readLimits } from '../proc/open-files-limit.js';
import type { ProcReader } from '../proc/proc-reader.js';

/** In the place of a descriptor. */
export const NOT_HELD = -1;
/** After a shortage, so many more may be held with each scan until there is another. */
const REGAINED_PER_SCAN = 64;

/** Whoever can be held. */
export interface Holdable {
  /** Of its `statm`; NOT_HELD if that is not kept open. */
  fd: number;
}

/**
 * Keeps `statm` of processes open: reading one again costs a fraction of opening it, and it answers ESRCH once the process is gone,
 * whoever has its PID then. Each takes some 6 KB of kernel memory, most of it the page that it is printed to.
 */
export class HeldStatm {
  readonly #reader: ProcReader;
  readonly #wanted: () => number;
  readonly #allowed: number;
  #ceiling = Number.POSITIVE_INFINITY;
  #most = 0;
  #count = 0;

  /** `wanted` is asked before each scan; what this process may open at all bounds it. */
  constructor(reader: ProcReader, wanted: () => number, limits = readLimits()) {
    this.#reader = reader;
    this.#wanted = wanted;
    this.#allowed = mostToHold(limits);
  }

  /** How many are held. */
  get count(): number {
    return this.#count;
  }

  /** How many may be. */
  get most(): number {
    return this.#most;
  }

  beginScan(): void {
    this.#ceiling += REGAINED_PER_SCAN;
    this.#most = Math.min(this.#wanted(), this.#allowed, this.#ceiling);
  }

  /** Returns whether it is held then. */
  hold(one: Holdable, path: Buffer): boolean {
    if (one.fd === NOT_HELD && this.#count < this.#most) {
      const fd = this.#reader.open(path);
      if (fd !== -1) {
        one.fd = fd;
        this.#count += 1;
      }
    }
    return one.fd !== NOT_HELD;
  }

  /** Closes it, if it is held. */
  release(one: Holdable): void {
    if (one.fd !== NOT_HELD) {
      closeSync(one.fd);
      one.fd = NOT_HELD;
      this.#count -= 1;
    }
  }

  /** There are too few descriptors, or too little memory: gives half of them back. Returns whether there were any. */
  giveBack(all: readonly Holdable[]): boolean {
    if (this.#count === 0) {
      return false;
    }
    this.#ceiling = Math.floor(this.#count / 2);
    this.#most = Math.min(this.#most, this.#ceiling);
    for (let index = all.length - 1; index >= 0 && this.#count > this.#ceiling; index -= 1) {
      const one = all[index];
      if (one !== undefined) {
        this.release(one);
      }
    }
    return true;
  }
}
