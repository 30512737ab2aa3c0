import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';

import sonicBoom from 'sonic-boom';

import { SYSLOG_SEVERITY, type LogLine, type LogSink, type TellTrouble } from './log-sink.js';

const STANDARD_OUTPUT = 1;
/** What is kept for a reader that does not read; more is dropped. */
const MOST_KEPT_BYTES = 1024 * 1024;

/**
 * Standard output, to whatever it leads: lines for a reader that has stalled are kept, then dropped and counted. The
 * loop never waits for one, and neither does the exit.
 */
export class StandardOutput implements LogSink {
  readonly #target: Target;
  readonly #isJournal: boolean;
  readonly #tellTrouble: TellTrouble;
  #dropped = 0;

  /** `onTerminalGone` is called when the terminal that it leads to has been closed. */
  constructor({
    onTerminalGone,
    tellTrouble,
  }: {
    readonly onTerminalGone: () => void;
    readonly tellTrouble: TellTrouble;
  }) {
    this.#tellTrouble = tellTrouble;
    const stats = fstatSync(STANDARD_OUTPUT);
    this.#target =
      stats.isFIFO() || stats.isSocket() ? new StreamTarget() : new FileTarget(stats, onTerminalGone);
    this.#isJournal = isJournal(stats);
  }

  /** Whether systemd reads this, for the journal: then each line says how severe it is, sd-daemon(3). */
  get isJournal(): boolean {
    return this.#isJournal;
  }

  write({ line, severity }: LogLine): void {
    const prefixed = this.#isJournal ? `<${SYSLOG_SEVERITY[severity]}>${line}` : line;
    if (!this.#target.write(prefixed)) {
      this.#dropped += 1;
    } else if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      // Later: this is called from within a write, and telling writes to every sink.
      setImmediate(() => {
        this.#tellTrouble(`Standard output dropped ${dropped} lines: nobody read them`);
      });
    }
  }

  reopen(): void {
    // Whoever started the monitor opened it.
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#target.flush(deadlineMs);
  }
}

interface Target {
  /** False if the text was dropped. */
  write(text: string): boolean;
  flush(deadlineMs: number): Promise<void>;
}

/** A pipe or a socket: Node can wait for those beside the loop, without one of its threads. */
class StreamTarget implements Target {
  readonly #socket = new Socket({ fd: STANDARD_OUTPUT, readable: false, writable: true });
  #isGone = false;

  constructor() {
    this.#socket.on('error', () => {
      // The reader has gone (EPIPE): there is nobody left to write to.
      this.#isGone = true;
    });
  }

  write(text: string): boolean {
    if (this.#isGone) {
      return true;
    }
    if (this.#socket.writableLength + text.length > MOST_KEPT_BYTES) {
      return false;
    }
    this.#socket.write(text);
    return true;
  }

  async flush(deadlineMs: number): Promise<void> {
    if (this.#isGone || this.#socket.writableLength === 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, deadlineMs);
      this.#socket.write('', () => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }
}

/** A file, or a terminal: opened anew, so that a terminal that has been stopped (Ctrl-S) blocks nothing. */
class FileTarget implements Target {
  readonly #stream: sonicBoom.SonicBoom;
  #isKept = true;

  constructor(stats: Stats, onTerminalGone: () => void) {
    const isTerminal = stats.isCharacterDevice();
    this.#stream = new sonicBoom.SonicBoom({
      fd: isTerminal ? withoutBlocking() : STANDARD_OUTPUT,
      sync: !isTerminal,
      maxLength: MOST_KEPT_BYTES,
    });
    this.#stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      // A full disk: the lines are kept and written with the next one that fits. A closed terminal never takes them.
      if (isTerminal && code === 'EIO') {
        onTerminalGone();
      }
    });
    this.#stream.on('drop', () => {
      this.#isKept = false;
    });
  }

  write(text: string): boolean {
    this.#isKept = true;
    this.#stream.write(text);
    return this.#isKept;
  }

  /** Not by `flushSync`, which tries for as long as the disk is full, or the terminal gone. */
  async flush(deadlineMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, deadlineMs);
      const finish = (): void => {
        clearTimeout(deadline);
        resolve();
      };
      this.#stream.once('drain', finish);
      this.#stream.once('error', finish);
      // Tries once more to write what an error has left over.
      this.#stream.write('');
    });
  }
}

/** The same terminal under a descriptor of its own, whose flags are nobody else's business. */
function withoutBlocking(): number {
  try {
    const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;
    const fd = openSync(`/proc/self/fd/${STANDARD_OUTPUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (fstatSync(fd).isCharacterDevice()) {
      return fd;
    }
    closeSync(fd);
  } catch {
    // Another user's terminal, after su: it is used as it is.
  }
  return STANDARD_OUTPUT;
}

/** systemd.exec(5): JOURNAL_STREAM names the device and inode of the stream that leads to the journal. */
function isJournal({ dev, ino }: Stats): boolean {
  return process.env['JOURNAL_STREAM'] === `${dev}:${ino}`;
}
