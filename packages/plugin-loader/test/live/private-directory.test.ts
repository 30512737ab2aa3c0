import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { makePrivateDirectory } from '#src/cache/private-directory.js';
import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('a private directory', () => {
  const directory = useTemporaryDirectory();
  let before: string | undefined;

  beforeEach(() => {
    before = process.env['TMPDIR'];
    process.env['TMPDIR'] = directory();
  });
  afterEach(() => {
    if (before === undefined) {
      delete process.env['TMPDIR'];
    } else {
      process.env['TMPDIR'] = before;
    }
  });

  it("is below $TMPDIR for a user, and that user's alone", () => {
    const path = makePrivateDirectory(false);
    expect(path)
      .to.match(/\/memory-monitor-plugins-\w{6}$/)
      .and.to.contain(directory());
    expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('is below /run for root', () => {
    mkdirSync(join(directory(), 'run'));
    expect(makePrivateDirectory(true, join(directory(), 'run'))).to.contain('/run/memory-monitor-plugins-');
  });

  const NO_RUN = '/proc/no-such-directory';

  itWhere(
    lacksRoot,
    'is below $TMPDIR for root if nothing can be written to /run and that is safe',
    async () => {
      for (const mode of [0o755, 0o1777]) {
        chmodSync(directory(), mode);
        expect(makePrivateDirectory(true, NO_RUN)).to.contain(`${directory()}/memory-monitor-plugins-`);
      }
    },
  );

  itWhere(lacksRoot, 'is nowhere for root if anybody could put another in its place', async () => {
    chmodSync(directory(), 0o777);
    const message = await rejection('MM_ERR_UNTRUSTED', () => makePrivateDirectory(true, NO_RUN));
    expect(message).to.contain(`${directory()}, the directory for temporary files, is not trusted`);
  });
});
