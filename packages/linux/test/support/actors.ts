import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { useChildren, type Child } from './children.js';
import { run } from './run.js';

// Tests run from dist-test/, which no C goes to.
const SOURCE = fileURLToPath(new URL('../../test/fixtures/actor.c', import.meta.url));

interface Actor extends Child {
  /** The PIDs that it tells, the one that matters first. */
  readonly pids: readonly number[];
}

let program: string | undefined;

/** Starts processes that are hard to read: the roles of `fixtures/actor.c`. */
export function useActors(): (role: string, argument: string | number) => Promise<Actor> {
  const start = useChildren();
  return async (role, argument) => {
    program ??= compile();
    const child = start(program, [role, String(argument)]);
    const pids = (await child.firstLine()).split(' ').map(Number);
    return { ...child, pids };
  };
}

function compile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'memory-monitor-test-actor-'));
  process.once('exit', () => {
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, 'actor');
  const { status, stderr } = run('cc', ['-O1', '-pthread', '-o', path, SOURCE]);
  if (status !== 0) {
    throw new Error(`cc: ${stderr}`);
  }
  return path;
}
