// PID 1 of a namespace: one that watches over memory, and one hog.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { handBack, takeInput } from './namespace.mjs';

const { command, ready, phaseMs, hog, stateFile, mostBytes, floorKib } = takeInput();
const READY_DEADLINE_MS = 30_000;

const [file, ...args] = command;
const watcher = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
let printed = '';
for (const stream of [watcher.stdout, watcher.stderr]) {
  stream.setEncoding('utf8').on('data', (text) => (printed += text));
}
const deadline = performance.now() + READY_DEADLINE_MS;
while (!printed.includes(ready)) {
  if (watcher.exitCode !== null || performance.now() > deadline) {
    throw new Error(`${command.join(' ')} does not watch: ${printed}`);
  }
  await sleep(20);
}
// Where its own interval stands when the hog begins is chance, and so it is here.
await sleep(phaseMs);
const child = spawn(hog, [stateFile, mostBytes, floorKib].map(String), { stdio: 'inherit' });
const [status, signal] = await once(child, 'exit');
const state = readFileSync(stateFile);
const field = (index) => Number(state.readBigInt64LE(index * 8));
handBack({
  status,
  signal,
  takenBytes: field(0),
  isSignalled: field(1) === 1,
  takenAtSignalBytes: field(2),
  availableKib: field(3),
  printed,
});
