import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { environmentOf } from './environment.js';
import { COMMAND } from './isolation.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command outside of a namespace: only for what ends nothing, such as `check`. */
export async function runCommand(args: readonly string[], uid?: number): Promise<Finished> {
  if (args.includes('run')) {
    throw new Error('only in a namespace');
  }
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid, env: environmentOf(uid) }),
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** A configuration file for the time of a test. */
export async function withConfig(content: string, test: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'memory-monitor-test-'));
  try {
    const path = join(directory, 'config.toml');
    writeFileSync(path, content);
    await test(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
