import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lacksRoot } from './it-where.js';

/** To root, nothing in the sticky /tmp is trusted. */
const TRUSTED = lacksRoot === undefined ? '/run' : tmpdir();

/** Gives each test of the suite an empty directory of its own, behind no links. Call the result for its path. */
export function useTemporaryDirectory(parent = TRUSTED): () => string {
  let path = '';
  beforeEach(() => {
    path = realpathSync(mkdtempSync(join(parent, 'memory-monitor-test-')));
  });
  afterEach(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return () => path;
}
