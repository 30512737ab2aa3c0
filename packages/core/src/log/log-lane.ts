import type { LogMethod } from '../ports.js';
import { TokenBucket, type Allowance } from './token-bucket.js';

/** So often a line that says the same is written within a window; more of it is counted. */
const MOST_ALIKE = 10;
/** Lines that are remembered within a window, to know them again: what is kept of them is bounded. */
const MOST_REMEMBERED = 64;
/** A longer text counts as several lines, and is not remembered. */
const LONGEST_CHARACTERS = 1000;

type Fields = Parameters<LogMethod>[0];

interface Remembered {
  readonly fields: Fields;
  written: number;
  folded: number;
}

/** The lines of one writer at one level: says which are written, and counts those that are not. */
export class LogLane {
  readonly #bucket: TokenBucket;
  readonly #remembered = new Map<string, Remembered>();
  #leftOut = 0;
  #lastLeftOut = '';

  constructor(allowance: Allowance) {
    this.#bucket = new TokenBucket(allowance);
  }

  /** Whether the line is to be written; if not, it has been counted. `nowMs` is monotonic. */
  takes(fields: Fields, message: string, nowMs: number): boolean {
    const before = this.#remembered.get(message);
    const isAlike = before !== undefined && isSame(before.fields, fields);
    if (isAlike && before.written >= MOST_ALIKE) {
      before.folded += 1;
      return false;
    }
    if (!this.#bucket.take(nowMs, Math.max(1, message.length / LONGEST_CHARACTERS))) {
      this.#leftOut += 1;
      this.#lastLeftOut = message;
      return false;
    }
    if (isAlike) {
      before.written += 1;
    } else if (
      before === undefined &&
      this.#remembered.size < MOST_REMEMBERED &&
      message.length <= LONGEST_CHARACTERS
    ) {
      this.#remembered.set(message, { fields, written: 1, folded: 0 });
    }
    return true;
  }

  /** Ends a window: hands over what has come again in it, as far as there is room for that. */
  settle(nowMs: number, tellRepeated: (message: string, count: number) => void): void {
    for (const [message, { folded }] of this.#remembered) {
      if (folded > 0 && this.#bucket.take(nowMs)) {
        tellRepeated(message, folded);
      } else if (folded > 0) {
        this.#leftOut += folded;
        this.#lastLeftOut = message;
      }
    }
    this.#remembered.clear();
  }

  /** How many lines there was no room for, and the last of them; forgets them. */
  takeLeftOut(): { readonly count: number; readonly last: string } {
    const leftOut = { count: this.#leftOut, last: this.#lastLeftOut };
    this.#leftOut = 0;
    this.#lastLeftOut = '';
    return leftOut;
  }
}

function isSame(some: Fields, others: Fields): boolean {
  const names = Object.keys(some);
  return (
    names.length === Object.keys(others).length && names.every((name) => Object.is(some[name], others[name]))
  );
}
