import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import type { ProcessIdentity } from '@memory-monitor/core';

import { parseStat } from '#src/proc/stat.js';
import { eventually } from './eventually.js';

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** What it has printed since this was first asked for: until then nobody reads. */
  readonly output: () => string;
  /** Its first line, as soon as that is there. */
  readonly firstLine: () => Promise<string>;
  /** Exit status or signal, as soon as it has ended. */
  readonly ended: () => Promise<number | NodeJS.Signals | null>;
}

export type StartChild = (command: string, args?: readonly string[], options?: SpawnOptions) => Child;

/** Starts child processes, each of which is ended with the test that started it. */
export function useChildren(): StartChild {
  const started: Child[] = [];
  afterEach(async () => {
    for (const { process: child, ended } of started.splice(0)) {
      child.stdin?.end();
      child.kill('SIGKILL');
      child.stdout?.destroy();
      await ended();
    }
  });
  return (command, args = [], options = {}) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    const exit = once(child, 'exit').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
    );
    child.stdin?.on('error', () => {});
    let text = '';
    let isReading = false;
    child.stdout?.setEncoding('utf8');
    const output = (): string => {
      if (!isReading) {
        isReading = true;
        child.stdout?.on('data', (chunk: string) => {
          text += chunk;
        });
      }
      return text;
    };
    const firstLine = async (): Promise<string> =>
      await eventually(`a line of ${command}`, () => /^([^\r\n]*)\r?\n/.exec(output())?.[1]);
    const one = { pid: child.pid!, process: child, output, firstLine, ended: async () => await exit };
    started.push(one);
    return one;
  };
}

/** Who has the PID now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: parseStat(readFileSync(`/proc/${pid}/stat`))!.startTime };
}

/** State letter of a process; undefined if there is none. */
export function stateOf(pid: number): string | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`))?.state;
  } catch {
    return undefined;
  }
}

/** Whether there is such a process, and it is no zombie. */
export function isRunning(pid: number): boolean {
  return !['Z', 'X', undefined].includes(stateOf(pid));
}
