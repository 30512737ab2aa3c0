import { closeSync, constants, openSync, readdirSync } from 'node:fs';

import { loadLibc, type Libc } from '../native/libc.js';

const FIRST_CAPACITY = 4096;
/** Of entries at a time: more than 2,000. */
const BUFFER_BYTES = 64 * 1024;
/** `struct linux_dirent64`, getdents64(2): where the length of an entry stands, and where its name begins. */
const LENGTH_OFFSET = 16;
const NAME_OFFSET = 19;
const ZERO = 0x30;
const NINE = 0x39;
/** PIDs are less than 2²², PID_MAX_LIMIT of include/linux/threads.h. */
const LONGEST_PID = 7;

/**
 * Lists the processes below `/proc`. By the kernel's own call where koffi is there, which makes nothing that has to be collected;
 * by Node, with a string for each name, where it is not, and the first time: a command that looks once needs no koffi.
 */
export class PidList {
  readonly #root: string;
  #libc: Libc | undefined;
  #loading: Promise<void> | undefined;
  #buffer = Buffer.alloc(0);
  #pids = new Int32Array(FIRST_CAPACITY);
  #count = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** How many `pids` are of the last listing. */
  get count(): number {
    return this.#count;
  }

  get pids(): Int32Array {
    return this.#pids;
  }

  /** Resolves with whether the kernel's own call is there. */
  async ready(): Promise<boolean> {
    this.#loading ??= loadLibc().then(
      (libc) => {
        this.#buffer = Buffer.alloc(BUFFER_BYTES);
        this.#libc = libc;
      },
      () => undefined,
    );
    await this.#loading;
    return this.#libc !== undefined;
  }

  /** Throws if the directory can't be listed. */
  read(): void {
    this.#count = 0;
    if (this.#libc === undefined) {
      for (const name of readdirSync(this.#root)) {
        this.#add(pidOf(name));
      }
      void this.ready();
    } else {
      this.#readBy(this.#libc);
    }
  }

  #readBy({ readEntries }: Libc): void {
    const fd = openSync(this.#root, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      let length = readEntries(fd, this.#buffer);
      for (; length > 0; length = readEntries(fd, this.#buffer)) {
        this.#addAll(length);
      }
      if (length < 0) {
        throw new Error(`getdents64 of ${this.#root} fails`);
      }
    } finally {
      closeSync(fd);
    }
  }

  #addAll(length: number): void {
    const buffer = this.#buffer;
    for (let offset = 0; offset < length;) {
      const entryBytes =
        (buffer[offset + LENGTH_OFFSET] ?? 0) | ((buffer[offset + LENGTH_OFFSET + 1] ?? 0) << 8);
      let pid = 0;
      let index = offset + NAME_OFFSET;
      for (; isDigit(buffer[index] ?? 0); index += 1) {
        pid = pid * 10 + (buffer[index] ?? 0) - ZERO;
      }
      const digits = index - offset - NAME_OFFSET;
      const isPid = buffer[index] === 0 && digits <= LONGEST_PID && buffer[offset + NAME_OFFSET] !== ZERO;
      this.#add(isPid ? pid : 0);
      offset += entryBytes;
    }
  }

  /** 0 is nobody's PID. */
  #add(pid: number): void {
    if (pid === 0) {
      return;
    }
    if (this.#count === this.#pids.length) {
      const larger = new Int32Array(this.#pids.length * 2);
      larger.set(this.#pids);
      this.#pids = larger;
    }
    this.#pids[this.#count] = pid;
    this.#count += 1;
  }
}

/** The PID that a name is; 0 if it is another file's. */
function pidOf(name: string): number {
  let pid = 0;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (!isDigit(code)) {
      return 0;
    }
    pid = pid * 10 + code - ZERO;
  }
  return name.length > LONGEST_PID || name.startsWith('0') ? 0 : pid;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
