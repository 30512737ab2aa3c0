import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';

import {
  messageOf,
  MonitorError,
  parseFromChild,
  type LaunchPluginProcess,
  type PluginProcess,
  type PluginProcessListener,
} from '@memory-monitor/core';

import { frame } from './frames.js';
import { LastWords } from './last-words.js';
import { LineReader } from './line-reader.js';
import { isDynamicUser } from './own-uid.js';

/** The JavaScript heap of a plugin's process. */
const HEAP_MB = 64;
/** What it may have beyond what Node itself takes: heap, buffers, stacks of threads. */
const DATA_MB = 160;
/** Threads count: Node has about a dozen. */
const MOST_PROCESSES = 64;
/** The longest message that it may send. */
const LONGEST_MESSAGE = 256 * 1024;
/** Of what it writes to its standard output, a line. */
const LONGEST_LINE = 4096;
const LINK_FD = 3;

/**
 * The limits are set by a shell before Node starts, since Node can't. Out of memory, the kernel is to take this process and not
 * the monitor; a core file would hold whatever the plugin knows. Processes are counted for a user as a whole: a user that the
 * plugin shares may have more already.
 */
function limitedShell(hasOwnUser: boolean): string {
  return [
    'echo 1000 2>/dev/null >/proc/self/oom_score_adj',
    'ulimit -c 0',
    'ulimit -d "$1" || exit 125',
    hasOwnUser ? `ulimit -u ${MOST_PROCESSES} 2>/dev/null || ulimit -p ${MOST_PROCESSES} 2>/dev/null` : ':',
    'shift',
    'exec "$@"',
  ].join('\n');
}

export interface LaunchOptions {
  /** The module that serves the plugin. */
  readonly entry: string;
  /** Whom it runs as; undefined for the monitor's own user, where that is not root. */
  readonly uid: number | undefined;
}

/** Starts processes for one plugin: another user, an empty environment, memory limited by the kernel, a process group of its own. */
export function launcher(options: LaunchOptions): LaunchPluginProcess {
  return (listener) => new LimitedProcess(options, listener);
}

class LimitedProcess implements PluginProcess {
  readonly #child: ChildProcess;
  readonly #link: Duplex;
  readonly #listener: PluginProcessListener;
  readonly #uid: number | undefined;
  readonly #lastWords = new LastWords();
  #violation: string | undefined;
  #isOver = false;

  constructor({ entry, uid }: LaunchOptions, listener: PluginProcessListener) {
    this.#uid = uid;
    this.#listener = listener;
    this.#child = spawnLimited(entry, uid);
    this.#link = this.#child.stdio[LINK_FD] as Duplex;
    this.#readLink();
    this.#readOutput();
    this.#child.once('error', (error) => {
      this.#finish(whyNotStarted(error));
    });
    this.#child.once('exit', (code, signal) => {
      this.#finish(this.#violation ?? this.#lastWords.explain(code, signal));
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
      this.#violation = 'it does not keep to the protocol';
      this.end();
    };
    const lines = new LineReader(
      LONGEST_MESSAGE,
      (line) => {
        const message = parseJson(line);
        if (message === undefined) {
          breach();
        } else if (!this.#isOver && this.#violation === undefined) {
          this.#listener.onMessage(message);
        }
      },
      breach,
    );
    this.#link.on('data', (chunk: Buffer) => {
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
        if (!this.#isOver && message.trim() !== '') {
          this.#listener.onMessage({ type: 'log', level, fields: {}, message });
        }
      };
      const lines = new LineReader(LONGEST_LINE, log, () => {
        log(`(a line of more than ${LONGEST_LINE} characters; what is printed after it is not shown)`);
      });
      stream?.on('data', (chunk: Buffer) => {
        if (level === 'warn') {
          this.#lastWords.push(chunk);
        }
        lines.push(chunk);
      });
      stream?.on('error', () => undefined);
    }
  }

  #finish(how: string): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#endGroup();
    this.#endStragglers();
    // What it has started, and could not be ended, may hold the other ends open.
    for (const stream of this.#child.stdio) {
      stream?.destroy();
    }
    this.#listener.onExit(how);
  }

  /** What it has started may have left its group; nobody else has its uid. */
  #endStragglers(): void {
    if (this.#uid !== undefined && !isDynamicUser(this.#uid)) {
      spawn('/bin/sh', ['-c', 'kill -9 -1'], {
        cwd: '/',
        env: {},
        stdio: 'ignore',
        uid: this.#uid,
        gid: this.#uid,
      })
        .on('error', () => undefined)
        .unref();
    }
  }
}

/**
 * RLIMIT_DATA counts private writable mappings, used or not, and some versions of V8 reserve half a gigabyte of those at start:
 * what this process, of the same version, has of them is what a new one begins with.
 */
function dataLimitKb(): number {
  const status = readFileSync('/proc/self/status', 'latin1');
  const ownKb = Number(/^VmData:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return ownKb + DATA_MB * 1024;
}

function parseJson(line: string): ReturnType<typeof parseFromChild> {
  try {
    return parseFromChild(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Throws MM_ERR_PLUGIN_ISOLATED where the kernel refuses it at once. */
function spawnLimited(entry: string, uid: number | undefined): ChildProcess {
  const node = [process.execPath, `--max-old-space-size=${HEAP_MB}`, entry];
  try {
    const shell = limitedShell(uid !== undefined);
    const child = spawn('/bin/sh', ['-c', shell, 'sh', String(dataLimitKb()), ...node], {
      cwd: '/',
      env: {},
      // A group of its own, so that what it starts ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
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
  return (error as NodeJS.ErrnoException).code === 'EPERM'
    ? 'the monitor may not start a process as another user; in the service, run "memory-monitor install" again, which gives it CAP_SETUID and CAP_SETGID'
    : messageOf(error);
}
