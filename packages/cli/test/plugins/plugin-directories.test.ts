import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { cacheDirectoryFor, scratchDirectory } from '#src/plugins/plugin-directories.js';

describe('the directory for compiled plugins that are not kept', () => {
  it("is the service's own, or root's", () => {
    expect(scratchDirectory({ RUNTIME_DIRECTORY: '/run/mine:/run/other' }, 0)).to.equal('/run/mine');
    expect(scratchDirectory({ RUNTIME_DIRECTORY: '/run/mine' }, 1000)).to.equal('/run/mine');
    expect(scratchDirectory({ XDG_RUNTIME_DIR: '/run/user/0' }, 0)).to.equal('/run/memory-monitor');
  });

  it('is one of an ordinary user', () => {
    expect(scratchDirectory({ XDG_RUNTIME_DIR: '/run/user/1000' }, 1000)).to.equal(
      '/run/user/1000/memory-monitor',
    );
    expect(scratchDirectory({}, 1000)).to.equal(join(homedir(), '.cache/memory-monitor'));
  });

  it('is never where $TMPDIR says', () => {
    for (const uid of [0, 1000]) {
      expect(scratchDirectory({ TMPDIR: '/tmp/planted' }, uid)).to.not.contain('/tmp');
    }
  });
});

describe('the directory for compiled plugins', () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'memory-monitor-state-'));
  });
  afterEach(() => {
    rmSync(state, { recursive: true });
  });

  it('is below the state directory of whoever may write there', () => {
    expect(cacheDirectoryFor(state)).to.equal(join(state, 'plugins'));
    expect(cacheDirectoryFor(join(state, 'new'))).to.equal(join(state, 'new/plugins'));
    expect(cacheDirectoryFor('')).to.equal('');
  });

  it('is none for root where that belongs to the service’s own user', () => {
    const self = process.getuid?.() ?? 0;
    expect(cacheDirectoryFor(join(state, 'new'), 0)).to.equal(join(state, 'new/plugins'));
    if (self === 0) {
      chownSync(state, 65_534, 65_534);
    }
    expect(cacheDirectoryFor(state, 0)).to.equal('');
  });
});
