// A process that takes memory. Its options are one JSON argument; it says "ready" when it holds what it should.
import { spawn } from 'node:child_process';
import { writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';

import type { HogOptions } from '../support/hog-options.js';
import { execute, mapShared } from '../support/libc.js';
import { monotonicMs } from '../support/monotonic.js';

const MIB = 1024 * 1024;
const SIGNALS = Object.keys(constants.signals) as NodeJS.Signals[];
/** Signals that can't be caught, those that V8 needs, and the one that only says that a child has exited. */
const NOT_RECORDED = ['SIGKILL', 'SIGSTOP', 'SIGPROF', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGCHLD'];

const options = JSON.parse(process.argv[2] ?? '{}') as HogOptions;
const { megabytes = 0, sharedFile, sharedMegabytes = 0, onSigterm, comm, recordsSignals = false } = options;

if (comm !== undefined) {
  writeFileSync('/proc/self/comm', Buffer.from(comm, 'base64'));
}
let held: Buffer | undefined;
if (recordsSignals) {
  for (const signal of SIGNALS.filter((name) => !NOT_RECORDED.includes(name))) {
    listen(signal);
  }
}
if (onSigterm !== undefined) {
  process.on('SIGTERM', () => {
    tell('SIGTERM');
    void obey(onSigterm);
  });
}
if (onSigterm === 'shrink') {
  process.on('SIGUSR2', () => {
    held = Buffer.alloc(megabytes * MIB, 1);
  });
}
// Last of all: a monitor may act on it at once.
held = Buffer.alloc(megabytes * MIB, 1);
if (sharedFile !== undefined) {
  await mapShared(sharedFile, sharedMegabytes * MIB);
}
setInterval(() => held?.length, 1000);
writeSync(1, `ready ${monotonicMs()}\n`);

async function obey(order: NonNullable<HogOptions['onSigterm']>): Promise<void> {
  switch (order) {
    case 'ignore':
      return;
    case 'shrink':
      held = undefined;
      (globalThis as { gc?: () => void }).gc?.();
      writeSync(1, 'shrunk\n');
      return;
    case 'bear':
      bearHeir();
      return;
    case 'execute':
      await execute('/bin/sleep', ['sleep', '1000']);
  }
}

function bearHeir(): void {
  const heir: HogOptions = { megabytes, comm: Buffer.from('heir').toString('base64') };
  const args = [import.meta.filename, JSON.stringify(heir)];
  const { pid = 0 } = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
  writeSync(1, `heir ${pid}\n`);
  process.exit(0);
}

function listen(signal: NodeJS.Signals): void {
  try {
    process.on(signal, () => {
      tell(signal);
    });
  } catch {
    // Some of the names have no number here, or are the C library's own.
  }
}

function tell(signal: string): void {
  writeSync(1, `signal ${signal} ${monotonicMs()}\n`);
}
