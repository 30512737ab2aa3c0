import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { makePrivateDirectory } from '#src/cache/private-directory.js';
import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const SOMEBODY = 65_534;

describe('a private directory', () => {
  const directory = useTemporaryDirectory();
  const parent = (): string => join(directory(), 'above', 'memory-monitor');

  it("is this user's alone, in one that is made for it", () => {
    const path = makePrivateDirectory(parent(), lacksRoot === undefined);
    expect(path).to.match(/\/above\/memory-monitor\/compiled-\w{6}$/);
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    expect(statSync(dirname(path)).mode & 0o777).to.equal(0o755);
  });

  itWhere(lacksRoot, 'is nowhere for root below a directory where others may add files', async () => {
    for (const mode of [0o1777, 0o777]) {
      chmodSync(directory(), mode);
      const message = await rejection('MM_ERR_UNTRUSTED', () => makePrivateDirectory(parent(), true));
      expect(message).to.contain(`${directory()}, the directory for compiled plugins, is not trusted`);
      expect(existsSync(dirname(parent()))).to.equal(false);
    }
  });

  itWhere(lacksRoot, "is in no directory of somebody else's, whoever runs this", async () => {
    mkdirSync(parent(), { recursive: true });
    chownSync(parent(), SOMEBODY, SOMEBODY);
    symlinkSync(parent(), join(directory(), 'link'));
    for (const isPrivileged of [true, false]) {
      for (const path of [parent(), join(directory(), 'link')]) {
        await rejection('MM_ERR_UNTRUSTED', () => makePrivateDirectory(path, isPrivileged));
      }
    }
  });

  it('that can not be made is told, with why and what to do', async () => {
    writeFileSync(join(directory(), 'above'), '');
    const message = await rejection('MM_ERR_PLUGIN_COMPILE', () => makePrivateDirectory(parent(), false));
    expect(message)
      .to.contain(`Plugins can not be compiled into ${parent()}: ENOTDIR`)
      .and.to.contain('; set state_directory to a directory that the monitor may write to.');
  });
});
