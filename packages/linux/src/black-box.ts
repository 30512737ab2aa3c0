import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';

import { loadLibc } from './native/libc.js';

/** In memory: who runs, whether the machine is short of memory, and when the loop has come round last. */
const BYTES = 16;
const RUNNING_AT = 0;
const SHORT_AT = 4;
const BEAT_AT = 8;
/** Who runs, once the end has come in order. */
const OVER = 0xffff_ffff;

/** How the process ended that had the box before. */
export interface LastWords {
  /** Whose code was running; 0 for nobody's in particular. */
  readonly running: number;
  /** It had ended by itself, and in order. */
  readonly isOver: boolean;
  /** The machine had little memory left: whatever stood still then may have waited for that. */
  readonly wasShort: boolean;
  /** When its loop came round last, on the clock of `BlackBox.nowMs`; 0 if it never did. */
  readonly beatMs: number;
}

/**
 * A few bytes of a file that are this process's memory too: noting costs nothing, and what is noted is there when the process has
 * been killed. They are kept until the next boot: the file belongs in /run.
 */
export class BlackBox {
  /** Undefined where there was none. */
  readonly lastWords: LastWords | undefined;
  readonly #bytes: DataView;

  private constructor(bytes: DataView, lastWords: LastWords | undefined) {
    this.#bytes = bytes;
    this.lastWords = lastWords;
  }

  /** Rejects where there is no koffi, and where the file can't be written. */
  static async open(path: string): Promise<BlackBox> {
    const libc = await loadLibc();
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      const before = Buffer.alloc(BYTES);
      const hasBefore = fstatSync(fd).size === BYTES && readSync(fd, before, 0, BYTES, 0) === BYTES;
      // Written, not only made longer: memory that a full file system has no page for would end the process.
      writeSync(fd, Buffer.alloc(BYTES), 0, BYTES, 0);
      const shared = libc.mapShared(fd, BYTES);
      if (shared === undefined) {
        throw new Error(`${path} can not be mapped`);
      }
      return new BlackBox(new DataView(shared), hasBefore ? readWords(before) : undefined);
    } finally {
      closeSync(fd);
    }
  }

  /** Milliseconds since boot, the same clock in every process. */
  static nowMs(): number {
    return Number(process.hrtime.bigint() / 1_000_000n);
  }

  /** Whose code is running. */
  get running(): number {
    return this.#bytes.getUint32(RUNNING_AT, true);
  }

  set running(who: number) {
    this.#bytes.setUint32(RUNNING_AT, who, true);
  }

  /** Whether the machine has little memory left. */
  set isShort(isShort: boolean) {
    this.#bytes.setUint32(SHORT_AT, isShort ? 1 : 0, true);
  }

  /** The loop has come round. */
  beat(): void {
    this.#bytes.setFloat64(BEAT_AT, BlackBox.nowMs(), true);
  }

  /** The process ends by itself, and in order. */
  end(): void {
    this.running = OVER;
  }
}

function readWords(bytes: Buffer): LastWords {
  const running = bytes.readUInt32LE(RUNNING_AT);
  return {
    running: running === OVER ? 0 : running,
    isOver: running === OVER,
    wasShort: bytes.readUInt32LE(SHORT_AT) !== 0,
    beatMs: bytes.readDoubleLE(BEAT_AT),
  };
}
