/** What a test asks of the driver in its PID namespace, and what the driver tells. One JSON message each. */

export interface ProgramOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly argv0?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Path of a file for standard output; without it, lines are told one by one. */
  readonly stdout?: string;
  readonly stderr?: string;
}

export type Request =
  | { readonly type: 'start'; readonly id: number; readonly program: ProgramOptions }
  /** When the process has exited and has been reaped, starts the program under the very same PID. */
  | {
      readonly type: 'succeed';
      readonly id: number;
      readonly pid: number;
      readonly program: ProgramOptions;
    }
  | { readonly type: 'signal'; readonly id: number; readonly pid: number; readonly signal: NodeJS.Signals }
  /** A shell command that is waited for. */
  | { readonly type: 'shell'; readonly id: number; readonly command: string };

export type Report =
  | { readonly type: 'up' }
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly status: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'line'; readonly pid: number; readonly line: string }
  | ({ readonly type: 'exited'; readonly pid: number } & WaitStatus);

/** How a process ended, as its parent learnt it from wait(2): one of `code` and `signal` is null. */
export interface WaitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** On the machine's monotonic clock. */
  readonly atMs: number;
}
