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
  /** Asked where there are too few descriptors or too little memory: whether it has given some back, so that it can be tried again. */
  giveBack: () => boolean = () => false;

  /** The file's bytes; undefined if it can't be read, for the reason in `failure`. */
  read(path: string | Buffer): Buffer | undefined {
    const length = this.readBytes(path);
    return length === -1 ? undefined : this.#buffer.subarray(0, length);
  }

  /** Reads the file into `bytes`, without making an object. Returns how many bytes it has, and -1 if it can't be read. */
  readBytes(path: string | Buffer): number {
    const fd = this.open(path);
    if (fd === -1) {
      return -1;
    }
    try {
      let length = 0;
      for (;;) {
        if (length === this.#buffer.length) {
          if (length >= LARGEST_BYTES) {
            return length;
          }
          this.#grow();
        }
        const count = readSync(fd, this.#buffer, length, this.#buffer.length - length, null);
        if (count === 0) {
          return length;
        }
        length += count;
      }
    } catch (error) {
      this.#fail(error);
      return -1;
    } finally {
      closeSync(fd);
    }
  }

  /** Where `readBytes` puts them; valid until the next read, and behind the length stands what was read before. */
  get bytes(): Buffer {
    return this.#buffer;
  }

  /**
   * Reads the leading numbers of a file of numbers and spaces, such as `statm`, without making an object.
   * Returns how many there were, at most as many as `numbers` holds; -1 if the file can't be read.
   */
  readNumbers(path: string, numbers: Float64Array): number {
    const fd = this.open(path);
    if (fd === -1) {
      return -1;
    }
    try {
      return this.readNumbersOf(fd, numbers);
    } finally {
      closeSync(fd);
    }
  }

  /** The same of a file that is open, from its beginning; whoever has opened it closes it. */
  readNumbersOf(fd: number, numbers: Float64Array): number {
    let length: number;
    try {
      length = readSync(fd, this.#buffer, 0, this.#buffer.length, 0);
    } catch (error) {
      this.#fail(error);
      return -1;
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

  /** A descriptor, which no program that is started inherits; -1 if it can't be had, for the reason in `failure`. */
  open(path: string | Buffer): number {
    for (;;) {
      try {
        return openSync(path, constants.O_RDONLY);
      } catch (error) {
        if (!isOwnTrouble(error) || !this.giveBack()) {
          this.#fail(error);
          return -1;
        }
      }
    }
  }

  #fail(error: unknown): void {
    if (isOwnTrouble(error)) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    this.failure = code === 'EACCES' || code === 'EPERM' ? 'denied' : 'gone';
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 4);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Whether the monitor itself is out of descriptors or memory. */
export function isOwnTrouble(error: unknown): boolean {
  return OWN_TROUBLE.has((error as NodeJS.ErrnoException).code ?? '');
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
