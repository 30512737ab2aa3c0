import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tens of thousands of small files are made in a second here, and in a minute on a disk. */
export const IN_MEMORY = isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

/** Gives each test of the suite an empty directory of its own. Call the result for its path. */
export function useTemporaryDirectory(parent = tmpdir()): () => string {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(parent, 'memory-monitor-test-'));
  });
  afterEach(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return () => path;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
