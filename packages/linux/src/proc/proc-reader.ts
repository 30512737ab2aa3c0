import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';

/** Why a file below `/proc` could not be read. */
export type ProcFailure = 'gone' | 'denied';

/** What one read may take at most: `/proc/PID/status` of a member of very many groups is the longest. */
const LARGEST_BYTES = 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;

/** Errors that say that the monitor itself is out of something: they must not pass for a process that is gone. */
const OWN_TROUBLE = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * Reads small files below `/proc`, synchronously and into one buffer: on these files that is several times faster than
 * promises, and none of those read here can hang. What is returned is valid until the next read.
 */
export class ProcReader {
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  /** Why the last read failed. */
  failure: ProcFailure = 'gone';

  /** The file's bytes; undefined if it can't be read, for the reason in `failure`. */
  read(path: string): Buffer | undefined {
    const fd = this.#open(path);
    if (fd === -1) {
      return undefined;
    }
    try {
      let length = 0;
      for (;;) {
        if (length === this.#buffer.length) {
          if (length >= LARGEST_BYTES) {
            return this.#buffer.subarray(0, length);
          }
          this.#grow();
        }
        const count = readSync(fd, this.#buffer, length, this.#buffer.length - length, null);
        if (count === 0) {
          return this.#buffer.subarray(0, length);
        }
        length += count;
      }
    } catch (error) {
      this.#fail(error);
      return undefined;
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Reads the leading numbers of a file of numbers and spaces, such as `statm`, without making an object.
   * Returns how many there were, at most as many as `numbers` holds; -1 if the file can't be read.
   */
  readNumbers(path: string, numbers: Float64Array): number {
    const fd = this.#open(path);
    if (fd === -1) {
      return -1;
    }
    let length: number;
    try {
      length = readSync(fd, this.#buffer, 0, this.#buffer.length, null);
    } catch (error) {
      this.#fail(error);
      return -1;
    } finally {
      closeSync(fd);
    }
    return parseNumbers(this.#buffer, length, numbers);
  }

  /** The target of a link below `/proc`, as bytes; undefined if it can't be read. */
  readLink(path: string): Buffer | undefined {
    try {
      return readlinkSync(path, { encoding: 'buffer' });
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #open(path: string): number {
    try {
      return openSync(path, constants.O_RDONLY);
    } catch (error) {
      this.#fail(error);
      return -1;
    }
  }

  #fail(error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (OWN_TROUBLE.has(code)) {
      throw error;
    }
    this.failure = code === 'EACCES' || code === 'EPERM' ? 'denied' : 'gone';
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 4);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Stops at what is no number, too large for one, or without its end: a figure in doubt is worse than none. */
function parseNumbers(buffer: Buffer, length: number, numbers: Float64Array): number {
  let count = 0;
  let value = 0;
  let hasDigits = false;
  for (let index = 0; index < length && count < numbers.length; index += 1) {
    const byte = buffer[index] ?? SPACE;
    if (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      hasDigits = true;
    } else if ((byte !== SPACE && byte !== NEWLINE) || value > Number.MAX_SAFE_INTEGER) {
      return count;
    } else if (hasDigits) {
      numbers[count] = value;
      count += 1;
      value = 0;
      hasDigits = false;
    }
  }
  return count;
}
