import type { WaitStatus } from './protocol.js';
import { until } from './wait.js';

/** A process in a namespace, as a test sees it: its PID there, its lines, and its end. */
export class Program {
  readonly pid: number;
  readonly lines: string[] = [];
  /** Undefined as long as it lives (or is a zombie that nobody has reaped). */
  exit: WaitStatus | undefined;

  constructor(pid: number) {
    this.pid = pid;
  }

  get isAlive(): boolean {
    return this.exit === undefined;
  }

  /** The names of the signals that a hog has said it got. */
  get signals(): string[] {
    return this.lines.flatMap((line) => /^signal (\w+)/.exec(line)?.[1] ?? []);
  }

  /** When a hog got a signal first, on the monotonic clock. */
  signalledAtMs(signal: string): number {
    const line = this.lines.find((candidate) => candidate.startsWith(`signal ${signal} `));
    return Number(line?.split(' ')[2] ?? Number.NaN);
  }

  /** When a hog had taken its memory, on the monotonic clock; NaN if it never came to that. */
  get readyAtMs(): number {
    return Number(this.lines.find((line) => line.startsWith('ready '))?.split(' ')[1] ?? Number.NaN);
  }

  async ended(): Promise<WaitStatus> {
    return await until(`the end of PID ${this.pid}`, () => this.exit);
  }

  async says(wanted: string): Promise<string> {
    const said = (): string | undefined => this.lines.find((line) => line.startsWith(wanted));
    const line = await until(
      `"${wanted}" from PID ${this.pid}`,
      () => said() ?? (this.isAlive ? undefined : ''),
    );
    if (line === '' && said() === undefined) {
      throw new Error(`PID ${this.pid} ended before it said "${wanted}": ${JSON.stringify(this.exit)}`);
    }
    return line;
  }
}
