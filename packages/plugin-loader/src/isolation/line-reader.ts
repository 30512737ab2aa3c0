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
    const lines = (this.#pending + this.#decoder.write(chunk)).split(NEWLINE);
    this.#pending = lines.pop() ?? '';
    for (const line of lines) {
      this.#onLine(line);
    }
    if (this.#pending.length > this.#mostCharacters) {
      this.#isOver = true;
      this.#pending = '';
      this.#onTooLong();
    }
  }
}
