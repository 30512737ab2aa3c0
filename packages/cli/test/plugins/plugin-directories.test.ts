import { homedir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { scratchDirectory } from '#src/plugins/plugin-directories.js';

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
