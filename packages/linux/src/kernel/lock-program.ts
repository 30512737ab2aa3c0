import { readFileSync } from 'node:fs';

import type { Libc } from '../native/libc.js';

/** `start-end perms offset device inode path`; proc_pid_maps(5). */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)/;

/** A range of this process's memory. */
export interface Mapping {
  readonly address: number;
  readonly bytes: number;
}

/** What is mapped from files and can't be written: programs and their constants, which the kernel drops when memory runs out. */
export function programMappings(maps: string): Mapping[] {
  return maps.split('\n').flatMap((line) => {
    const [, from = '', to = '', permissions = '', inode = '0'] = MAPPING.exec(line) ?? [];
    const address = Number.parseInt(from, 16);
    return inode === '0' || permissions.includes('w')
      ? []
      : [{ address, bytes: Number.parseInt(to, 16) - address }];
  });
}

/**
 * Keeps the program of this process in memory, as far as it is used: what would be read from disk again and again where memory runs
 * out is what has to act then. Nothing that V8 allocates is locked: it discards pages, and aborts where it can't. Returns why it can't be;
 * undefined where it holds.
 */
export function lockProgram(libc: Libc, maps = readMaps()): string | undefined {
  for (const { address, bytes } of programMappings(maps)) {
    const locked = libc.lockOnFault(address, bytes);
    if ('error' in locked) {
      return `mlock2: ${locked.error}`;
    }
  }
  return undefined;
}

function readMaps(): string {
  try {
    return readFileSync('/proc/self/maps', 'latin1');
  } catch {
    return '';
  }
}
