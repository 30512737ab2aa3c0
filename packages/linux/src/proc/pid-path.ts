const ZERO = 0x30;
/** Of a PID in digits; PID_MAX_LIMIT of include/linux/threads.h. */
const LONGEST_PID = 7;

/** Writes the path of one file of any process, without making a string: what `of` returns is valid until it is called again. */
export class PidPath {
  /** By the number of digits. */
  readonly #paths: readonly Buffer[];
  readonly #offset: number;

  constructor(procRoot: string, file: string) {
    this.#offset = Buffer.byteLength(procRoot) + 1;
    this.#paths = Array.from({ length: LONGEST_PID + 1 }, (_, digits) =>
      Buffer.from(`${procRoot}/${'0'.repeat(digits)}/${file}`),
    );
  }

  of(pid: number): Buffer {
    let digits = 1;
    for (let rest = pid; rest >= 10; rest = Math.floor(rest / 10)) {
      digits += 1;
    }
    const path = this.#paths[digits];
    if (path === undefined) {
      throw new RangeError(`${pid} is no PID`);
    }
    let rest = pid;
    for (let index = this.#offset + digits - 1; index >= this.#offset; index -= 1) {
      path[index] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    return path;
  }
}
