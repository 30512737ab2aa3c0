import { spawn } from 'node:child_process';

import { messageOf, MonitorError } from '@memory-monitor/core';

export interface CompilerRun {
  readonly program: string;
  readonly args: readonly string[];
  /** Where it is to run. */
  readonly directory: string;
  /** Written to its standard input. */
  readonly input: string;
  readonly deadlineMs: number;
}

export interface CompilerResult {
  readonly hasSucceeded: boolean;
  /** What it has written to standard error. */
  readonly messages: string;
}

const LARGEST_OUTPUT_BYTES = 256 * 1024;

/**
 * Runs a compiler to its end, in a process of its own that gives its memory back, and without any environment: NODE_PATH
 * and the like would lead it to files that nobody has configured. Rejects with MM_ERR_PLUGIN_COMPILE if it can not be
 * run, or is not done by the deadline.
 */
export async function runCompiler(run: CompilerRun): Promise<CompilerResult> {
  return await new Promise((resolve, reject) => {
    const child = spawn(run.program, run.args, {
      cwd: run.directory,
      env: {},
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: run.deadlineMs,
      killSignal: 'SIGKILL',
    });
    const fail = (why: string, cause?: unknown): void => {
      const sentence = `The compiler of plugins, ${run.program}, ${why}.`;
      reject(new MonitorError('MM_ERR_PLUGIN_COMPILE', sentence, { cause }));
    };
    child.once('error', (error) => {
      fail(`can not be run: ${messageOf(error)}`, error);
    });
    const chunks: Buffer[] = [];
    let length = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      if (length < LARGEST_OUTPUT_BYTES) {
        chunks.push(chunk);
        length += chunk.length;
      }
    });
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input);
    child.once('close', (code, signal) => {
      if (signal === null) {
        resolve({ hasSucceeded: code === 0, messages: Buffer.concat(chunks).toString() });
      } else {
        fail(child.killed ? `was not done after ${run.deadlineMs / 1000} s` : `was ended by ${signal}`);
      }
    });
  });
}
