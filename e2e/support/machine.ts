import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeCgroups, removeCgroups } from './cgroups.js';
import { contained } from './contained.js';
import {
  type Command,
  type Ending,
  GuestCommand,
  type Place,
  type Result,
  type RunOptions,
} from './guest-command.js';
import { commandName, descendantsOf, namespacedPids } from './processes.js';
import { cacheDirectory, rootFileSystem } from './rootfs.js';
import { parseSnapshot, type Snapshot, SNAPSHOT_COMMAND } from './snapshot.js';
import { waitFor } from './wait-for.js';

const BOOT_TIMEOUT_MS = 90_000;
const SHUTDOWN_TIMEOUT_MS = 60_000;
const CONSOLE_TAIL = 8_000;
const LAUNCHER = fileURLToPath(new URL('../../support/launch-machine.sh', import.meta.url));

/** nspawn leaves the controllers of cgroup version 1 read only, where systemd could set no limit. */
const INIT = `
for controller in /sys/fs/cgroup/*/; do
  mount -o remount,rw "$controller" 2>/dev/null || mount -o remount,bind,rw "$controller" 2>/dev/null || :
done
exec /lib/systemd/systemd
`;

const NSPAWN_OPTIONS = [
  '--hostname=machine',
  '--register=no',
  '--private-network',
  '--resolv-conf=off',
  '--timezone=off',
  '--link-journal=no',
  '--console=pipe',
  '--kill-signal=SIGRTMIN+3',
  // Of those that a real machine has and nspawn would take away.
  '--capability=CAP_IPC_LOCK,CAP_NET_ADMIN,CAP_SYSLOG',
];

const HOST_HAS_SYSTEMD = existsSync('/run/systemd/system');

/** A field's bytes where they are no text; an array of values where the entry has the field more than once. */
export type JournalEntry = Readonly<Record<string, string | readonly unknown[] | null | undefined>>;

export interface StartOptions extends Omit<RunOptions, 'timeoutMs'> {
  readonly user?: string;
}

/** A command that runs in the machine. */
export interface Background {
  /** As the machine counts it. */
  readonly pid: number;
  /** As this computer counts it. */
  readonly hostPid: number;
  /** How it ended, once its output is read to the end. */
  readonly ended: Promise<Ending>;
  stdout(): string;
  stderr(): string;
  /** Ends it with its process group; nothing if it has ended. */
  kill(): void;
}

export interface Bind {
  /** On this computer; a path without a colon. */
  readonly from: string;
  /** In the machine. */
  readonly to: string;
  readonly writable?: boolean;
}

export interface BootOptions {
  readonly binds?: readonly Bind[];
  /** The Node to find as /usr/local/bin/node: this one if nothing is said, none with null. */
  readonly node?: string | null;
}

/** A Debian of its own: systemd as PID 1, its own users, processes, cgroups and loopback; the kernel is shared. */
export class Machine {
  static #count = 0;
  readonly #launcher: ChildProcess;
  readonly #cgroups: readonly string[];
  readonly #over: Promise<unknown>;
  #leader = 0;
  #console = '';
  #bootMs = 0;
  #state = '';

  private constructor(launcher: ChildProcess, cgroups: readonly string[]) {
    this.#launcher = launcher;
    this.#cgroups = cgroups;
    this.#over = once(launcher, 'close');
    for (const stream of [launcher.stdout, launcher.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#console = (this.#console + text).slice(-CONSOLE_TAIL);
      });
    }
  }

  /** Resolves when the boot is over, whether or not a unit failed (`state`). `close` or `poweroff` ends the machine. */
  static async boot({ binds = [], node = process.execPath }: BootOptions = {}): Promise<Machine> {
    const rootfs = await rootFileSystem();
    const name = `memory-monitor-e2e-${process.pid}-${++Machine.#count}`;
    const cgroups = HOST_HAS_SYSTEMD ? [] : makeCgroups(name);
    const nodeBind = node === null ? [] : [{ from: node, to: '/usr/local/bin/node' }];
    const options = [
      `--machine=${name}`,
      ...NSPAWN_OPTIONS,
      ...(HOST_HAS_SYSTEMD ? [] : ['--keep-unit']),
      ...[...nodeBind, ...binds].map(asOption),
    ];
    const [program, ...args] = contained([
      'bash',
      LAUNCHER,
      rootfs,
      mountPoint(),
      cgroups.join('\n'),
      INIT,
      ...options,
    ]);
    const launcher = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const machine = new Machine(launcher, cgroups);
    try {
      await machine.#untilUp();
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  /** From the start of nspawn, or of the reboot, until systemd says that the boot is over. */
  get bootMs(): number {
    return this.#bootMs;
  }

  /** "running", or "degraded" where a unit failed. */
  get state(): string {
    return this.#state;
  }

  /** As root. A command that fails is a result, not an error; one that is not done in time is an error. */
  async run(command: Command, options: RunOptions = {}): Promise<Result> {
    return new GuestCommand(this.#place, command, options).result(options.timeoutMs);
  }

  /** As an ordinary user (ORDINARY_USERS in rootfs.ts, or one that the test made). */
  async runAs(user: string, command: Command, options: RunOptions = {}): Promise<Result> {
    return new GuestCommand(this.#place, command, { ...options, user }).result(options.timeoutMs);
  }

  /** What the command wrote to stdout; an error if it fails. */
  async succeed(command: Command, options: RunOptions = {}): Promise<string> {
    return outputOf(new GuestCommand(this.#place, command, options), options);
  }

  /**
   * In the background, in a scope of its own; it runs when this resolves. With a program and its arguments the process
   * is that program itself: `ended` is how it really ended. For a service instead: succeed('systemd-run --unit=…').
   */
  async start(command: Command, options: StartOptions = {}): Promise<Background> {
    const guest = new GuestCommand(this.#place, command, options);
    const { inside, outside } = await guest.pids();
    return {
      pid: inside,
      hostPid: outside,
      ended: guest.ended,
      stdout: () => guest.stdout,
      stderr: () => guest.stderr,
      kill: () => {
        guest.kill();
      },
    };
  }

  async read(path: string): Promise<string> {
    return this.#own(['cat', path]);
  }

  /** With its directories; root's, 0644 unless said otherwise. */
  async write(path: string, content: string, mode = '0644'): Promise<void> {
    await this.#own(['install', '-D', '-m', mode, '/dev/stdin', path], { stdin: content });
  }

  /** The journal's entries that journalctl finds with these arguments, oldest first, each with all of its fields. */
  async journal(...args: readonly string[]): Promise<JournalEntry[]> {
    await this.#own(['journalctl', '--sync']);
    const lines = await this.#own(['journalctl', '--no-pager', '--all', '--output=json', ...args]);
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JournalEntry);
  }

  /** How limits are set here: 2 is what today's distributions have, 1 what lacks MemoryMin, MemoryHigh and oom-kill. */
  async cgroupVersion(): Promise<1 | 2> {
    const type = await this.#own(['stat', '--file-system', '--format=%T', '/sys/fs/cgroup']);
    return type.trim() === 'cgroup2fs' ? 2 : 1;
  }

  /** Every file of the system, for compareSnapshots. */
  async snapshot(): Promise<Snapshot> {
    return parseSnapshot(await this.#own(SNAPSHOT_COMMAND));
  }

  /** The end of the journal and the units that failed, for a person who reads a failed test. */
  async diagnose(): Promise<string> {
    const report = 'systemctl --failed --no-pager --no-legend; journalctl --no-pager --lines=40';
    const command = new GuestCommand(this.#place, report, { scoped: false });
    return command.result(10_000).then(
      ({ stdout }) => stdout || this.#console,
      () => this.#console,
    );
  }

  /** As an admin does it: services are stopped, then everything is started again. */
  async reboot(): Promise<void> {
    const before = this.#leader;
    await this.#ask('systemctl reboot');
    await waitFor(() => this.#findLeader() !== before, 'the machine to go down', SHUTDOWN_TIMEOUT_MS);
    await this.#untilUp();
  }

  /** As an admin does it: services are stopped. */
  async poweroff(): Promise<void> {
    await this.#ask('systemctl poweroff');
    await waitFor(
      () => this.#launcher.exitCode !== null,
      'the machine to power off',
      SHUTDOWN_TIMEOUT_MS,
    ).finally(() => this.close());
  }

  /** At once, as if the plug was pulled. Nothing remains of it. */
  async close(): Promise<void> {
    this.#launcher.kill('SIGKILL');
    await this.#over;
    await removeCgroups(this.#cgroups);
  }

  get #place(): Place {
    return { leader: this.#leader, cgroups: this.#cgroups };
  }

  async #untilUp(): Promise<void> {
    const start = performance.now();
    try {
      this.#leader = await waitFor(() => this.#findLeader(), 'systemd to start', BOOT_TIMEOUT_MS);
      this.#state = await waitFor(() => this.#finishedState(), 'the boot to be over', BOOT_TIMEOUT_MS);
    } catch (error) {
      throw new Error(`The machine did not come up. Its console:\n${this.#console}`, { cause: error });
    }
    this.#bootMs = performance.now() - start;
  }

  /** The guest's PID 1 as this computer counts it. */
  #findLeader(): number | undefined {
    if (this.#launcher.exitCode !== null) throw new Error('nspawn has ended');
    return descendantsOf(this.#launcher.pid ?? 0).find(
      (pid) => namespacedPids(pid).at(-1) === 1 && commandName(pid) === 'systemd',
    );
  }

  async #finishedState(): Promise<string | undefined> {
    const { stdout } = await this.#ask('systemctl is-system-running --wait');
    return ['running', 'degraded'].find((state) => state === stdout.trim());
  }

  /** The harness's own commands leave no trace in the journal. */
  async #own(command: Command, options: RunOptions = {}): Promise<string> {
    return outputOf(new GuestCommand(this.#place, command, { ...options, scoped: false }), options);
  }

  /** Without a scope: also while systemd starts or stops. */
  async #ask(command: string): Promise<Result> {
    return new GuestCommand(this.#place, command, { scoped: false }).result(BOOT_TIMEOUT_MS);
  }
}

async function outputOf(command: GuestCommand, { timeoutMs }: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await command.result(timeoutMs);
  if (exitCode === 0) return stdout;
  throw new Error(`"${command.title}" failed with ${exitCode}:\n${stdout}${stderr}`);
}

/** One directory is enough for all machines: each mounts in a mount namespace of its own. */
function mountPoint(): string {
  const path = join(cacheDirectory, 'mount');
  mkdirSync(path, { recursive: true });
  return path;
}

function asOption({ from, to, writable = false }: Bind): string {
  return `--bind${writable ? '' : '-ro'}=${from}:${to}`;
}
