import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { toml, type Tables } from './config.js';
import type { HogOptions } from './hog-options.js';
import { COMMAND, UNSHARE, unshareArgs } from './isolation.js';
import { Program } from './program.js';
import type { ProgramOptions, Report, Request } from './protocol.js';
import { RunningMonitor } from './running-monitor.js';

const DRIVER = fileURLToPath(new URL('../programs/driver.js', import.meta.url));
const HOG = fileURLToPath(new URL('../programs/hog.js', import.meta.url));

/** More than the limit of 0.2 GB that tests use. */
const OVER_LIMIT_MEGABYTES = 300;

export interface MonitorOptions extends Partial<ProgramOptions> {
  /** The configuration, as tables or as text; undefined for none at all. */
  readonly config?: Tables | string | undefined;
  readonly options?: readonly string[];
  /** A command that runs the monitor's command line, which it gets as its further arguments. */
  readonly wrapper?: readonly string[];
  /** The executable of Node that runs it; the tests' own if left out. */
  readonly node?: string;
}

/** Root trusts plugins in no sticky directory, such as /tmp. */
const TEMPORARY = process.getuid?.() === 0 ? '/var/lib' : tmpdir();

/** A PID namespace, and a mount namespace, with a driver as its PID 1 that does what the test asks. */
export class PidNamespace {
  /** Seen from inside and from outside alike, and removed at the end. */
  readonly directory = mkdtempSync(join(TEMPORARY, 'memory-monitor-test-'));
  /** PID 1. */
  readonly init = new Program(1);
  readonly #driver: ChildProcess;
  readonly #programs = new Map([[1, this.init]]);
  readonly #monitors: RunningMonitor[] = [];
  readonly #waiting = new Map<number, (report: Report) => void>();
  #lastId = 0;

  private constructor(isolation: 'proc' | 'foreign-proc') {
    chmodSync(this.directory, 0o755);
    this.#driver = spawn(
      UNSHARE,
      [...unshareArgs(isolation), process.execPath, '--enable-source-maps', DRIVER],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
    this.#driver.on('message', (report: Report) => {
      this.#take(report);
    });
    this.#driver.once('exit', () => {
      for (const [id, answer] of this.#waiting) {
        answer({ type: 'failed', id, message: 'the driver has ended' });
      }
    });
  }

  static async open(isolation: 'proc' | 'foreign-proc' = 'proc'): Promise<PidNamespace> {
    const namespace = new PidNamespace(isolation);
    await once(namespace.#driver, 'message');
    return namespace;
  }

  /** Ends everything in the namespace: its PID 1 goes, and the kernel keeps that waiting until all others have gone. */
  async close(): Promise<void> {
    if (this.#driver.connected) {
      const isOver = once(this.#driver, 'exit');
      this.#driver.disconnect();
      await isOver;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** What the monitors have written, for a test that has failed. */
  diagnose(): string {
    return this.#monitors
      .map(({ pid, output, errorOutput, program }) => {
        const end = program.isAlive ? 'still runs' : JSON.stringify(program.exit);
        return `--- monitor ${pid} ${end}\n${errorOutput}${tail(output)}`;
      })
      .join('\n');
  }

  async start(program: ProgramOptions): Promise<Program> {
    return await this.#adopt({ type: 'start', id: this.#nextId(), program });
  }

  /** Starts a program under the PID of a process, as soon as that has exited. */
  async succeed(pid: number, program: ProgramOptions): Promise<Program> {
    return await this.#adopt({ type: 'succeed', id: this.#nextId(), pid, program });
  }

  /** Starts a process that takes memory, and waits until it has taken it. */
  async hog(options: HogOptions = {}, program: Partial<ProgramOptions> = {}): Promise<Program> {
    const hog = await this.doomedHog(options, program);
    await hog.says('ready');
    return hog;
  }

  /** The same where a monitor is armed already: that may end it before it has taken all of its memory. */
  async doomedHog(options: HogOptions = {}, program: Partial<ProgramOptions> = {}): Promise<Program> {
    return await this.start(hogProgram({ megabytes: OVER_LIMIT_MEGABYTES, ...options }, program));
  }

  /** A process that is below every limit but zero, and says which signals it gets. */
  async bystander(program: Partial<ProgramOptions> = {}): Promise<Program> {
    return await this.hog({ megabytes: 0, recordsSignals: true }, program);
  }

  /** Starts `memory-monitor run`. */
  async monitor({
    config,
    options = [],
    wrapper = [],
    node = process.execPath,
    ...program
  }: MonitorOptions = {}): Promise<RunningMonitor> {
    const name = `monitor-${this.#nextId()}`;
    const paths = {
      config: this.path(`${name}.toml`),
      output: program.stdout ?? this.path(`${name}.out`),
      error: this.path(`${name}.err`),
    };
    if (config !== undefined) {
      writeFileSync(paths.config, typeof config === 'string' ? config : toml(config));
    }
    const configOption = config === undefined ? [] : ['--config', paths.config];
    const [file = node, ...args] = [...wrapper, node, COMMAND, 'run', ...configOption, ...options];
    const started = await this.start({
      file,
      args,
      stdout: paths.output,
      stderr: paths.error,
      ...program,
    });
    const monitor = new RunningMonitor(started, paths, async (signal) => {
      await this.signal(started.pid, signal);
    });
    this.#monitors.push(monitor);
    return monitor;
  }

  async signal(pid: number, signal: NodeJS.Signals): Promise<void> {
    await this.#ask({ type: 'signal', id: this.#nextId(), pid, signal });
  }

  /** Runs another command of the monitor's and returns its output. */
  async command(...args: readonly string[]): Promise<string> {
    const words = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`);
    return await this.shell(words.join(' '));
  }

  /** Runs a shell command and returns its output. */
  async shell(command: string): Promise<string> {
    const report = await this.#ask({ type: 'shell', id: this.#nextId(), command });
    if (report.type !== 'done' || report.status !== 0) {
      throw new Error(`${command}: ${JSON.stringify(report)}`);
    }
    return report.stdout;
  }

  /** The node executable under another name; a link where that can be, for it is 100 MB. */
  nodeNamed(name: string): string {
    const path = this.path(name);
    try {
      linkSync(process.execPath, path);
    } catch {
      copyFileSync(process.execPath, path);
    }
    return path;
  }

  async #adopt(request: Request): Promise<Program> {
    const report = await this.#ask(request);
    if (report.type !== 'started') {
      throw new Error(`unexpected report: ${JSON.stringify(report)}`);
    }
    return this.#programOf(report.pid);
  }

  async #ask(request: Request): Promise<Report> {
    return await new Promise((resolve, reject) => {
      this.#waiting.set(request.id, (report) => {
        if (report.type === 'failed') {
          reject(new Error(report.message));
        } else {
          resolve(report);
        }
      });
      this.#driver.send(request);
    });
  }

  #take(report: Report): void {
    switch (report.type) {
      case 'up':
        return;
      case 'started':
        this.#programs.set(report.pid, new Program(report.pid));
        break;
      case 'line':
        this.#programOf(report.pid).lines.push(report.line);
        return;
      case 'exited':
        this.#programOf(report.pid).exit = report;
        return;
      case 'done':
      case 'failed':
    }
    this.#waiting.get(report.id)?.(report);
    this.#waiting.delete(report.id);
  }

  #programOf(pid: number): Program {
    const program = this.#programs.get(pid);
    if (program === undefined) {
      throw new Error(`nobody has PID ${pid}`);
    }
    return program;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** How a hog is started. */
export function hogProgram(options: HogOptions, program: Partial<ProgramOptions> = {}): ProgramOptions {
  return { file: process.execPath, args: ['--expose-gc', HOG, JSON.stringify(options)], ...program };
}

function tail(text: string): string {
  return text.split('\n').slice(-40).join('\n');
}
