import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

import { capabilityBounds, childrenOf, commandName, namespacedPids } from './processes.js';
import { waitFor } from './wait-for.js';

/** A line for bash, or a program with its arguments. */
export type Command = string | readonly string[];

export interface RunOptions {
  readonly stdin?: string;
  readonly timeoutMs?: number;
  /** Beside PATH, HOME and what else a login sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Result {
  /** 128 and the signal's number for a command that a signal ended, as a shell says it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * bash -c ENTER enter CGROUP... -- COMMAND...: Node's own pipes are sockets, which /dev/stdin and /dev/stderr can't be
 * opened on, so real ones come in between. The 0 is the writer itself. --norc: with a socket as its stdin, bash takes
 * itself for rshd's, and reads .bashrc.
 */
const ENTER = `
exec < <(exec cat) > >(exec cat) 2> >(exec cat >&2)
while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done
shift
exec "$@"`;

/** What the command's process is before it becomes the command. */
const STARTERS = new Set(['nsenter', 'setpriv', 'setsid', 'systemd-run']);
const DEFAULT_TIMEOUT_MS = 60_000;
const LOGIN = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/bash',
};

/** Where a machine is: its init, as this computer counts it, and the cgroups that were made for it. */
export interface Place {
  readonly leader: number;
  readonly cgroups: readonly string[];
}

interface GuestOptions extends RunOptions {
  readonly user?: string;
  /** In a scope of user.slice, as a login's commands are; this needs a systemd that answers. */
  readonly scoped?: boolean;
}

/** A command in all the namespaces and cgroups of a machine. */
export class GuestCommand {
  /** For messages. */
  readonly title: string;
  readonly #child: ChildProcess;
  readonly ended: Promise<Ending>;
  stdout = '';
  stderr = '';

  constructor(
    { leader, cgroups }: Place,
    command: Command,
    { user = 'root', scoped = true, stdin = '', env = {}, cwd = '/' }: GuestOptions = {},
  ) {
    const words = typeof command === 'string' ? ['/bin/bash', '-c', command] : command;
    this.title = typeof command === 'string' ? command : command.join(' ');
    const scope = [
      'systemd-run',
      '--scope',
      '--quiet',
      '--collect',
      '--slice=user.slice',
      '--description=a command of the test',
      `--uid=${user}`,
      '--',
    ];
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', `--wdns=${cwd}`];
    this.#child = spawn(
      '/bin/bash',
      [
        ...['--norc', '-c', ENTER, 'enter', ...cgroups, '--'],
        ...['nsenter', `--target=${leader}`, ...namespaces],
        ...withoutExcess(leader),
        // A session of its own, so that the guest sees a session and a group that it knows the number of.
        'setsid',
        ...(scoped ? scope : []),
        ...words,
      ],
      { env: { ...LOGIN, ...env }, stdio: 'pipe', detached: true },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child.stdin?.on('error', () => undefined).end(stdin);
    this.ended = this.#untilClosed();
  }

  /** Its PID as this computer and as the machine count it, once it is the command itself. */
  async pids(): Promise<{ readonly outside: number; readonly inside: number }> {
    return waitFor(() => {
      const outside = this.#inGuest().find((pid) => !STARTERS.has(commandName(pid)));
      return outside === undefined ? undefined : { outside, inside: namespacedPids(outside).at(-1) ?? 0 };
    }, `"${this.title}" to run`);
  }

  async #untilClosed(): Promise<Ending> {
    const [exitCode, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal };
  }

  async result(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Result> {
    const overdue = new AbortController();
    const timer = setTimeout(() => {
      overdue.abort();
      this.kill();
    }, timeoutMs);
    const { exitCode, signal } = await this.ended;
    clearTimeout(timer);
    if (overdue.signal.aborted) {
      throw new Error(`Not done after ${timeoutMs} ms: ${this.title}\n${this.stdout}${this.stderr}`);
    }
    const status = exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    return { exitCode: status, stdout: this.stdout, stderr: this.stderr };
  }

  /** Ends it with all of its process group. */
  kill(): void {
    for (const pid of this.#inGuest()) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
    this.#child.kill('SIGKILL');
  }

  /** What nsenter started, beside the pipes. */
  #inGuest(): number[] {
    return childrenOf(this.#child.pid ?? 0).filter((pid) => namespacedPids(pid).length > 1);
  }
}

/**
 * nsenter keeps this computer's capabilities: without this, `date --set` in the machine would set the clock of the
 * computer. A command gets what the machine's own init has, and no more.
 */
function withoutExcess(leader: number): string[] {
  const excess = capabilityBounds('self') & ~capabilityBounds(leader);
  const numbers = Array.from({ length: 64 }, (_, number) => number);
  const dropped = numbers.filter((number) => (excess >> BigInt(number)) & 1n);
  if (dropped.length === 0) return [];
  return ['setpriv', `--bounding-set=${dropped.map((number) => `-cap_${number}`).join(',')}`];
}
