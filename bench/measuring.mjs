// What the benchmarks share.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Whoever measures removes it at the end. */
export const workDirectory = mkdtempSync(join(tmpdir(), 'memory-monitor-bench-'));

/** Compiles a C program that stands here; returns its path. */
export function compile(name) {
  const program = join(workDirectory, name);
  try {
    execFileSync('cc', ['-O2', '-o', program, join(here, `${name}.c`)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch (error) {
    throw new Error('The benchmark needs a C compiler: apt-get install gcc libc6-dev.', { cause: error });
  }
  return program;
}

/** Runs a program that prints processes and milliseconds of each pass, and of how many of those it had the processor, if it knows. */
export function passesOf(command, args) {
  return execFileSync(command, args, { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [count, ms, cpuMs] = line.split(' ').map(Number);
      return { count, ms, cpuMs };
    });
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
