import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { toml, type Tables } from './config.js';
import type { Program } from './program.js';
import type { WaitStatus } from './protocol.js';
import { until } from './wait.js';

/** One line of the log in JSON; docs name the fields, and the tests hold them. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly event: string;
  readonly msg: string;
  readonly level: string;
  readonly time: string;
};

/** The command in a namespace, seen from outside: what it writes, and how it ends. */
export class RunningMonitor {
  readonly program: Program;
  readonly configPath: string;
  readonly outputPath: string;
  readonly #errorPath: string;
  readonly #signal: (signal: NodeJS.Signals) => Promise<void>;

  constructor(
    program: Program,
    paths: { readonly config: string; readonly output: string; readonly error: string },
    signal: (signal: NodeJS.Signals) => Promise<void>,
  ) {
    this.#signal = signal;
    this.program = program;
    this.configPath = paths.config;
    this.outputPath = paths.output;
    this.#errorPath = paths.error;
  }

  get pid(): number {
    return this.program.pid;
  }

  /** Standard output as written. */
  get output(): string {
    return readIfThere(this.outputPath);
  }

  get errorOutput(): string {
    return readIfThere(this.#errorPath);
  }

  /** The lines of an event in standard output, or in another file that holds the log. */
  lines(event: string, path = this.outputPath): LogLine[] {
    return parseLog(readIfThere(path)).filter((line) => line.event === event);
  }

  kills(pid?: number): LogLine[] {
    return this.lines('kill').filter((line) => pid === undefined || line['pid'] === pid);
  }

  /** Waits for the first line of an event that fits. */
  async told(event: string, fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return await until(`a "${event}" line`, () => this.lines(event).find(fits));
  }

  /** Waits for the kill line of a process. */
  async killOf(pid: number): Promise<LogLine> {
    return await this.told('kill', (line) => line['pid'] === pid);
  }

  /** Waits for so many more whole scans. The first of these lines may belong to a scan that has begun already. */
  async scans(count: number): Promise<void> {
    const before = this.lines('scan').length;
    await until(`${count} scans`, () => this.lines('scan').length >= before + count + 1);
  }

  /** Waits for text in standard output. */
  async says(text: string | RegExp): Promise<void> {
    const found = (): boolean =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output);
    await until(`${String(text)} in the output`, found);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#signal(signal);
  }

  configure(tables: Tables | string): void {
    writeFileSync(this.configPath, typeof tables === 'string' ? tables : toml(tables));
  }

  /** Puts another configuration in place and waits until it has been read. */
  async reload(tables: Tables | string): Promise<LogLine> {
    this.configure(tables);
    const before = this.lines('reloaded').length;
    await this.signal('SIGHUP');
    return await until('a reload', () => this.lines('reloaded')[before]);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<WaitStatus> {
    await this.signal(signal);
    return await this.program.ended();
  }
}

/** Every line has to be JSON by itself; only the last one may be half written. */
export function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine);
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
