import { spawnSync } from 'node:child_process';

import { expect } from 'chai';

/** What a script prints that runs as a module of this package, in a process without options. */
export function nodeRunning(script: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
  });
  expect(status, stderr).to.equal(0);
  return stdout;
}
