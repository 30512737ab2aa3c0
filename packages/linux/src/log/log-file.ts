import { closeSync, constants, fchownSync, fstatSync, openSync, readFileSync } from 'node:fs';

import { messageOf } from '@memory-monitor/core';
import sonicBoom from 'sonic-boom';

import type { LogLine, LogSink, TellTrouble } from './log-sink.js';

/** What is kept while the disk is full. */
const MOST_KEPT_BYTES = 1024 * 1024;
const MODE = 0o640;
const LOST = 'could not be written for too long: lines are lost';
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** The log file. Written synchronously, so that nothing is lost even by SIGKILL; a full disk only delays lines. */
export class LogFile implements LogSink {
  readonly #path: string;
  readonly #tellTrouble: TellTrouble;
  #stream: sonicBoom.SonicBoom | undefined;
  readonly #told = new Set<string>();

  /** Trouble in opening the file is told, and the monitor goes on without one. */
  constructor(path: string, tellTrouble: TellTrouble) {
    this.#path = path;
    this.#tellTrouble = tellTrouble;
    this.#open();
  }

  write({ line }: LogLine): void {
    this.#stream?.write(line);
  }

  reopen(): void {
    const old = this.#stream;
    this.#told.clear();
    this.#open();
    if (old !== undefined && old !== this.#stream) {
      this.#retire(old);
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
    if (this.#stream !== undefined) {
      this.#retire(this.#stream);
      this.#stream = undefined;
    }
  }

  /** Tries once more to write what has been kept. Not by `flushSync`, which tries for as long as the disk is full. */
  #retire(stream: sonicBoom.SonicBoom): void {
    stream.removeAllListeners('error');
    stream.on('error', () => {
      this.#tell(LOST);
      stream.destroy();
    });
    stream.end();
  }

  #open(): void {
    try {
      const fd = openRegularFile(this.#path);
      const stream = new sonicBoom.SonicBoom({ fd, sync: true, maxLength: MOST_KEPT_BYTES });
      stream.on('error', (error: Error) => {
        this.#tell('can not be written, lines are kept until it can', error.message);
      });
      stream.on('drop', () => {
        this.#tell(LOST);
      });
      this.#stream = stream;
    } catch (error) {
      const consequence =
        this.#stream === undefined ? 'the monitor goes on without it' : 'the old one stays in use';
      this.#tellTrouble(`The log file ${this.#path} can not be opened, ${consequence}: ${messageOf(error)}`);
    }
  }

  /** Each trouble once, until the file is opened anew. */
  #tell(trouble: string, cause = ''): void {
    if (!this.#told.has(trouble)) {
      this.#told.add(trouble);
      const message = `The log file ${this.#path} ${trouble}${cause && `: ${cause}`}`;
      // Later: this is called from within a write, and telling writes to every sink.
      setImmediate(() => {
        this.#tellTrouble(message);
      });
    }
  }
}

/** Never through a planted link, and never a pipe, whose reader could stop the monitor. */
function openRegularFile(path: string): number {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
  if (!fstatSync(fd).isFile() && path !== '/dev/null') {
    closeSync(fd);
    throw new Error('it is not a regular file');
  }
  giveToAdmins(fd);
  return fd;
}

/** A new log of root's is for the group adm to read, as Debian's own logs are; where there is no such group, for root. */
function giveToAdmins(fd: number): void {
  const { uid, gid, size } = fstatSync(fd);
  const admins = uid === 0 && gid === 0 && size === 0 ? adminGroupId() : undefined;
  if (admins !== undefined) {
    try {
      fchownSync(fd, uid, admins);
    } catch {
      // Without CAP_CHOWN it stays root's.
    }
  }
}

/** From the file, and not from the user database: that may hang, and this group is local. */
function adminGroupId(): number | undefined {
  try {
    const id = /^adm:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}
