import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

import {
  messageOf,
  MonitorError,
  parseFromChild,
  printable,
  Rate,
  within,
  type Clock,
  type LaunchPluginProcess,
  type PluginProcess,
  type PluginProcessListener,
} from '@memory-monitor/core';
import { UserProcesses } from '@memory-monitor/linux';

import { limitedShell, type LimitedCommand } from './command.js';
import { frame } from './frames.js';
import { LastWords, MAY_NOT_SWITCH_USERS } from './last-words.js';
import { LineReader } from './line-reader.js';

/** The longest message that it may send. */
const LONGEST_MESSAGE = 256 * 1024;
/** Of what it writes to its standard output, a line. */
const LONGEST_LINE = 4096;
/** What it may send and print: eight hooks that give their longest answers at once, and some. */
const MOST_MB_PER_SECOND = 2.5;
const DRAIN_MS = 100;
const LINK_FD = 3;

export interface LaunchOptions extends LimitedCommand {
  readonly clock: Clock;
}

/** Starts processes for one plugin: another user, an empty environment, memory limited by the kernel, a process group of its own. */
export function launcher(options: LaunchOptions): LaunchPluginProcess {
  return (listener) => new LimitedProcess(options, listener);
}

class LimitedProcess implements PluginProcess {
  readonly #child: ChildProcess;
  readonly #link: Duplex;
  readonly #listener: PluginProcessListener;
  readonly #clock: Clock;
  readonly #bytes: Rate;
  readonly #lastWords = new LastWords();
  /** What it and its children are; nothing to look for where it shares its user. */
  readonly #processes: UserProcesses | undefined;
  /** Nobody holds the other end of anything any more. */
  readonly #closed: Promise<unknown>;
  #violation: string | undefined;
  #isOver = false;

  constructor(options: LaunchOptions, listener: PluginProcessListener) {
    this.#clock = options.clock;
    this.#bytes = new Rate(options.clock);
    this.#listener = listener;
    this.#child = spawnLimited(options);
    this.#processes = processesOf(this.#child, options);
    this.#link = this.#child.stdio[LINK_FD] as Duplex;
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#readLink();
    this.#readOutput();
    this.#child.once('error', (error) => {
      void this.#finish(() => whyNotStarted(error));
    });
    this.#child.once('exit', (code, signal) => {
      void this.#finish(() => this.#violation ?? this.#lastWords.explain(code, signal));
    });
    this.#child.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get backlogBytes(): number {
    return this.#link.writableLength;
  }

  send(message: Parameters<PluginProcess['send']>[0]): void {
    if (!this.#isOver) {
      this.#link.write(frame(message));
    }
  }

  end(): void {
    // Once it is over, its PID may be somebody else's.
    if (!this.#isOver) {
      this.#endGroup();
    }
  }

  #endGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) {
      return;
    }
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }

  #readLink(): void {
    const breach = (): void => {
      this.#endFor('it does not keep to the protocol');
    };
    const lines = new LineReader(
      LONGEST_MESSAGE,
      (line) => {
        const message = parseJson(line);
        if (message === undefined) {
          breach();
        } else if (this.#violation === undefined) {
          this.#listener.onMessage(message);
        }
      },
      breach,
    );
    this.#link.on('data', (chunk: Buffer) => {
      this.#countBytes(chunk);
      lines.push(chunk);
    });
    // It may close its end, or end, at any moment; its exit tells.
    this.#link.on('error', () => undefined);
  }

  /** What the plugin prints is told as its log lines are; of its standard error also as the cause of its end. */
  #readOutput(): void {
    const { stdout, stderr } = this.#child;
    for (const [stream, level] of [
      [stdout, 'info'],
      [stderr, 'warn'],
    ] as const) {
      const log = (message: string): void => {
        if (message.trim() !== '') {
          this.#listener.onMessage({ type: 'log', level, fields: {}, message: printable(message) });
        }
      };
      const lines = new LineReader(LONGEST_LINE, log, () => {
        log(`(a line of more than ${LONGEST_LINE} characters; what is printed after it is not shown)`);
      });
      stream?.on('data', (chunk: Buffer) => {
        this.#countBytes(chunk);
        if (level === 'warn') {
          this.#lastWords.push(chunk);
        }
        lines.push(chunk);
      });
      stream?.on('error', () => undefined);
    }
  }

  /** Whoever sends so much keeps the monitor from its work, whatever it is. */
  #countBytes({ length }: Buffer): void {
    if (this.#bytes.count(length) > MOST_MB_PER_SECOND * 1024 * 1024) {
      this.#endFor(`it sent or printed more than ${MOST_MB_PER_SECOND} MB in a second`);
    }
  }

  #endFor(violation: string): void {
    this.#violation ??= violation;
    this.end();
  }

  async #finish(explain: () => string): Promise<void> {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    const isAlone = await this.#endRest();
    await this.#drain();
    const how = explain();
    this.#listener.onExit(isAlone ? how : `${how}, and what it has started could not be ended`);
  }

  /** Its last words are on their way still. What it has started, and could not be ended, may hold the other ends open. */
  async #drain(): Promise<void> {
    await within((ms, abort) => this.#clock.sleep(ms, abort), DRAIN_MS, this.#closed);
    for (const stream of this.#child.stdio) {
      stream?.destroy();
    }
  }

  /** What it has started may have left its group; a user of its own gives it away still. */
  async #endRest(): Promise<boolean> {
    if (this.#processes === undefined) {
      this.#endGroup();
      return true;
    }
    return await this.#processes.end();
  }
}

/** At once after its start: until its exit has been told, its PID is its own. */
function processesOf({ pid }: ChildProcess, { uid }: LaunchOptions): UserProcesses | undefined {
  return pid === undefined || uid === undefined ? undefined : new UserProcesses(pid, uid);
}

function parseJson(line: string): ReturnType<typeof parseFromChild> {
  try {
    return parseFromChild(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Throws MM_ERR_PLUGIN_ISOLATED where the kernel refuses it at once. */
function spawnLimited(options: LaunchOptions): ChildProcess {
  const { uid, setpriv } = options;
  try {
    const child = spawn('/bin/sh', limitedShell(options), {
      cwd: '/',
      env: {},
      // A group of its own, so that what it starts ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      ...(uid === undefined || setpriv !== undefined ? {} : { uid, gid: uid }),
    });
    // Where descriptors run out, Node gives back a process without any stream, and tells why only later.
    if ((child.stdio as unknown) === undefined) {
      child.once('error', () => undefined);
      throw new Error('too many open files');
    }
    return child;
  } catch (error) {
    throw new MonitorError(
      'MM_ERR_PLUGIN_ISOLATED',
      `The process of an isolated plugin can not be started: ${whyNotStarted(error)}.`,
      { cause: error },
    );
  }
}

function whyNotStarted(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'EPERM' ? MAY_NOT_SWITCH_USERS : messageOf(error);
}
