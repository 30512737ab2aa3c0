import { deserialize, serialize } from 'node:v8';

/** Each message to a plugin's process is its length in four bytes, and a structured clone, since it may hold typed arrays. */
const HEADER_BYTES = 4;

/** A message as bytes. */
export function frame(message: unknown): Buffer {
  const body = serialize(message);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

/** Puts messages together from whatever pieces they arrive in. */
export class FrameReader {
  readonly #onMessage: (message: unknown) => void;
  #pending = Buffer.alloc(0);

  constructor(onMessage: (message: unknown) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let body = this.#next(); body !== undefined; body = this.#next()) {
      this.#onMessage(deserialize(body));
    }
  }

  #next(): Buffer | undefined {
    if (this.#pending.length < HEADER_BYTES) {
      return undefined;
    }
    const end = HEADER_BYTES + this.#pending.readUInt32LE();
    if (this.#pending.length < end) {
      return undefined;
    }
    const body = this.#pending.subarray(HEADER_BYTES, end);
    this.#pending = this.#pending.subarray(end);
    return body;
  }
}
