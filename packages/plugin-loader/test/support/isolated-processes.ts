import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { eventually } from './eventually.js';

/** The module that serves isolated plugins here. */
export const CHILD_ENTRY = fileURLToPath(new URL('../fixtures/serve-child.js', import.meta.url));

/** The PIDs of the isolated plugins that this process has started and that still run. */
export function isolatedProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => read(pid, 'cmdline').includes(CHILD_ENTRY) && parentOf(pid) === process.pid);
}

/** The PIDs of what runs as a user and is no zombie. */
export function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => uidOf(pid) === uid && !/^State:\s+Z/m.test(read(pid, 'status')));
}

/** The uid that a process runs as; undefined if it is gone. */
export function uidOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** Ends, after each test, what is left of isolated plugins. */
export function endIsolatedProcesses(): void {
  afterEach(async () => {
    for (const pid of isolatedProcesses()) {
      process.kill(pid, 'SIGKILL');
    }
    await noneIsLeft();
  });
}

export async function noneIsLeft(): Promise<void> {
  await eventually('the end of all isolated plugins', () => isolatedProcesses().length === 0);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1]);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
