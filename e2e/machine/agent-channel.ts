import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a command of the guest ended. */
export interface GuestEnding {
  /** null where a signal has ended it. */
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly output: string;
}

/** A command that runs in the guest. */
export interface GuestProcess {
  readonly ended: Promise<GuestEnding>;
  output(): string;
}

/** Memory as the guest counted it, in KiB, at a millisecond of its monotonic clock. */
export interface MemoryReading {
  readonly atMs: number;
  readonly availableKib: number;
  readonly freeKib: number;
  /** Whether anybody lived then in the cgroup that is watched. */
  readonly isPopulated: boolean;
}

/** A shell that was asked for /bin/true; `endedMs` is -1 where it could not even be started. */
export interface ShellAnswer {
  readonly beganMs: number;
  readonly endedMs: number;
}

interface Pending {
  chunks: Buffer[];
  finish: (ending: GuestEnding) => void;
}

const CONNECT_PAUSE_MS = 100;
const NEWLINE = 10;

/** The other end of guest/agent.c, which says what goes over the line. */
export class AgentChannel {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  /** Whether there is somebody at the other end. */
  isReady = false;
  /** Since the last measure(). */
  memory: MemoryReading[] = [];
  shell: ShellAnswer[] = [];
  #buffer = Buffer.alloc(0);
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      while (this.#takeMessage());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const id of this.#pending.keys()) this.#finish(id, null, null);
    });
  }

  /** Tries until QEMU has made the socket. */
  static async open(path: string, isOver: () => boolean): Promise<AgentChannel> {
    for (;;) {
      const socket = connect(path);
      try {
        await once(socket, 'connect');
        return new AgentChannel(socket);
      } catch (error) {
        socket.destroy();
        if (isOver()) throw new Error('QEMU has ended', { cause: error });
        await sleep(CONNECT_PAUSE_MS);
      }
    }
  }

  start(command: string): GuestProcess {
    const id = ++this.#lastId;
    const chunks: Buffer[] = [];
    const ended = new Promise<GuestEnding>((finish) => this.#pending.set(id, { chunks, finish }));
    this.#socket.write(`R ${id} ${Buffer.byteLength(command)}\n${command}`);
    return { ended, output: () => Buffer.concat(chunks).toString() };
  }

  /** Readings and answers begin anew; of the cgroup they say whether anybody is in it. */
  measure(everyMs: number, cgroup: string): void {
    this.memory = [];
    this.shell = [];
    this.#socket.write(`S ${everyMs} ${cgroup}\n`);
  }

  endMeasuring(): void {
    this.#socket.write('S 0 -\n');
  }

  /** Ends what is in that cgroup, also where no program can be started. */
  killCgroup(): void {
    this.#socket.write('X\n');
  }

  close(): void {
    this.#socket.destroy();
  }

  #finish(id: number, exitCode: number | null, signal: number | null): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.finish({ exitCode, signal, output: Buffer.concat(pending.chunks).toString() });
  }

  /** Whether there was a whole one. */
  #takeMessage(): boolean {
    const end = this.#buffer.indexOf(NEWLINE);
    if (end < 0) return false;
    const [kind = '', ...words] = this.#buffer.toString('latin1', 0, end).split(' ');
    const [first = Number.NaN, second = Number.NaN, third = Number.NaN, fourth] = words.map(Number);
    const next = end + 1 + (kind === 'O' ? second : 0);
    if (this.#buffer.length < next) return false;
    const body = this.#buffer.subarray(end + 1, next);
    this.#buffer = this.#buffer.subarray(next);
    if (kind === 'O') this.#pending.get(first)?.chunks.push(Buffer.from(body));
    else if (kind === 'E') this.#finish(first, second, null);
    else if (kind === 'K') this.#finish(first, null, second);
    else if (kind === 'M')
      this.memory.push({ atMs: first, availableKib: second, freeKib: third, isPopulated: fourth === 1 });
    else if (kind === 'P') this.shell.push({ beganMs: first, endedMs: second });
    else if (kind === 'READY') this.isReady = true;
    return true;
  }
}
