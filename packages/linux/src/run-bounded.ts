import { spawn, type ChildProcess } from 'node:child_process';

export interface BoundedResult {
  /** Undefined if the program was ended by a signal, the deadline's among them. */
  readonly exitCode: number | undefined;
  readonly output: Buffer;
}

const SEARCH_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const LARGEST_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a small program of the system and gives up at the deadline; rejects if there is no such program. A read that
 * hangs in the kernel then hangs there, in a process that can be ended, and neither here nor in libuv's few threads,
 * where it would starve every other file operation and hold up the monitor's exit.
 */
export async function runBounded(
  command: string,
  args: readonly string[],
  deadlineMs: number,
): Promise<BoundedResult> {
  return await new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: SEARCH_PATH, LC_ALL: 'C' },
    });
    // First of all: without processes or descriptors to spare there is no standard output to listen to either.
    child.once('error', (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (exitCode: number | undefined): void => {
      clearTimeout(deadline);
      resolve({ exitCode, output: Buffer.concat(chunks) });
    };
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      finish(undefined);
    }, deadlineMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (length < LARGEST_OUTPUT_BYTES) {
        chunks.push(chunk);
        length += chunk.length;
      }
    });
    child.once('close', (code) => {
      finish(code ?? undefined);
    });
    child.unref();
  });
}
