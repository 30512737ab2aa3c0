import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { armingText } from '#src/service/arming.js';
import { replaceFile } from '#src/service/files.js';
import { findPythonService } from '#src/service/python-service.js';

describe('a file that an installation replaces', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'memory-monitor-files-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('is written with its directories and its mode, whatever the umask', () => {
    const path = join(directory, 'a/b');
    replaceFile(path, 'text', 0o755);
    expect(readFileSync(path, 'utf8')).to.equal('text');
    expect(statSync(path).mode & 0o777).to.equal(0o755);
  });

  it('is gone again when that is taken back, or what it was before', () => {
    const path = join(directory, 'file');
    replaceFile(path, 'new', 0o644)();
    expect(() => statSync(path)).to.throw('ENOENT');
    writeFileSync(path, 'mine');
    replaceFile(path, 'new', 0o644)();
    expect(readFileSync(path, 'utf8')).to.equal('mine');
  });
});

describe('the drop-in that arms', () => {
  it('says the opposite of a dry run', () => {
    expect(armingText(true)).to.match(/^\[settings\]\ndry_run = false$/m);
    expect(armingText(false)).to.match(/^\[settings\]\ndry_run = true$/m);
  });
});

describe('the Python service', () => {
  it('is not found on a machine that never had it', () => {
    expect(findPythonService()).to.equal(undefined);
  });
});
