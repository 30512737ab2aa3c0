import { StringDecoder } from 'node:string_decoder';

const NEWLINE = '\n';

/** Cuts a stream into lines. A line longer than `mostCharacters` is handed to `onTooLong`, once, and nothing after it. */
export class LineReader {
  readonly #mostCharacters: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';
  #isOver = false;

  constructor(mostCharacters: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#mostCharacters = mostCharacters;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) {
      return;
    }
    // Only what is new is looked through: who sends a long line letter by letter costs no more than who sends it at once.
    const [first = '', ...rest] = this.#decoder.write(chunk).split(NEWLINE);
    this.#pending += first;
    for (const next of rest) {
      if (this.#isTooLong()) {
        return;
      }
      this.#onLine(this.#pending);
      this.#pending = next;
    }
    this.#isTooLong();
  }

  #isTooLong(): boolean {
    if (this.#pending.length > this.#mostCharacters) {
      this.#isOver = true;
      this.#pending = '';
      this.#onTooLong();
    }
    return this.#isOver;
  }
}
