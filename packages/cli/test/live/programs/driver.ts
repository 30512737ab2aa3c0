// PID 1 of a namespace: starts programs for a test, and tells how each of them ended.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { environmentOf } from '../support/environment.js';
import { monotonicMs } from '../support/monotonic.js';
import type { ProgramOptions, Report, Request } from '../support/protocol.js';

const LAST_PID = '/proc/sys/kernel/ns_last_pid';
const MOST_ATTEMPTS = 100;

/** Who takes over the PID of whom. */
const successors = new Map<number, (pid: number) => void>();

process.on('message', (request: Request) => {
  handle(request).catch((error: unknown) => {
    report({
      type: 'failed',
      id: request.id,
      message: error instanceof Error ? error.message : String(error),
    });
  });
});
// The test is over, or dead: the kernel ends everything in the namespace together with its PID 1.
process.on('disconnect', () => {
  process.exit();
});
// The kernel keeps signals from PID 1 unless it listens for them.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGCONT'] as const) {
  process.on(signal, () => {
    report({ type: 'line', pid: process.pid, line: `signal ${signal} ${monotonicMs()}` });
  });
}
report({ type: 'up' });

async function handle(request: Request): Promise<void> {
  const { id } = request;
  switch (request.type) {
    case 'start': {
      const child = launch(request.program);
      await once(child, 'spawn');
      report({ type: 'started', id, pid: watch(child) });
      return;
    }
    case 'succeed': {
      const child = await takeOver(request.pid, request.program);
      report({ type: 'started', id, pid: watch(child) });
      return;
    }
    case 'signal':
      process.kill(request.pid, request.signal);
      report({ type: 'done', id, status: 0, stdout: '', stderr: '' });
      return;
    case 'shell':
      report({ type: 'done', id, ...(await shell(request.command)) });
  }
}

function launch({ file, args = [], argv0, uid, gid, env, stdout, stderr }: ProgramOptions): ChildProcess {
  const outputs = [stdout, stderr].map((path) =>
    path === undefined ? undefined : openSync(path, 'a', 0o666),
  );
  const [output, errors] = outputs;
  const child = spawn(file, args, {
    stdio: ['ignore', output ?? 'pipe', errors ?? 'inherit'],
    ...(argv0 === undefined ? {} : { argv0 }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    env: { ...environmentOf(uid), ...env },
  });
  for (const descriptor of outputs) {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
  }
  return child;
}

function watch(child: ChildProcess): number {
  const pid = child.pid ?? 0;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      report({ type: 'line', pid, line });
    });
  }
  child.once('exit', (code, signal) => {
    successors.get(pid)?.(pid);
    report({ type: 'exited', pid, code, signal, atMs: monotonicMs() });
  });
  return pid;
}

/** A PID is free as soon as its process has been reaped, which it has been when Node tells of its exit. */
async function takeOver(pid: number, program: ProgramOptions): Promise<ChildProcess> {
  await new Promise<void>((resolve) => {
    successors.set(pid, () => {
      successors.delete(pid);
      resolve();
    });
  });
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = launch(program);
    if (child.pid === pid) {
      return child;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  throw new Error(`PID ${pid} could not be taken over`);
}

async function shell(command: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return await new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', command], (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

function report(message: Report): void {
  process.send?.(message);
}
