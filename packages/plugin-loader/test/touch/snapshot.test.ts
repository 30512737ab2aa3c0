import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { isUnchanged, takeSnapshot } from '#src/touch/snapshot.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('a snapshot', () => {
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  const paths = (): readonly string[] => ['file', 'directory', 'link', 'gone'].map(path);

  beforeEach(() => {
    writeFileSync(path('file'), 'content');
    mkdirSync(path('directory'));
    mkdirSync(path('other'));
    symlinkSync('directory', path('link'));
  });

  const isSameAfter = (change: () => void): boolean => {
    const { fingerprints } = takeSnapshot(paths());
    change();
    return isUnchanged(fingerprints, takeSnapshot(paths()).fingerprints);
  };

  it('is the same as long as nothing has changed but times', () => {
    expect(
      isSameAfter(() => {
        utimesSync(path('file'), 1, 1);
      }),
    ).to.equal(true);
    expect(
      isSameAfter(() => {
        writeFileSync(path('file'), 'content');
      }),
    ).to.equal(true);
  });

  it('is another after any change', () => {
    expect(
      isSameAfter(() => {
        writeFileSync(path('file'), 'CONTENT');
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        writeFileSync(path('gone'), '');
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        rmSync(path('gone'));
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        writeFileSync(path('directory/new'), '');
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        symlinkSync('new', path('directory/newer'));
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        rmSync(path('link'));
      }),
    ).to.equal(false);
    expect(
      isSameAfter(() => {
        rmSync(path('file'));
        mkdirSync(path('file'));
      }),
    ).to.equal(false);
  });

  it('is another if a link leads elsewhere, be it to the same names', () => {
    writeFileSync(path('other/a'), '');
    writeFileSync(path('directory/a'), '');
    const turn = (name: string) => (): void => {
      symlinkSync('other', path('turned'));
      renameSync(path('turned'), path(name));
    };
    expect(isSameAfter(turn('link'))).to.equal(false);
    symlinkSync('a', path('directory/b'));
    expect(isSameAfter(turn('directory/b'))).to.equal(false);
  });

  it('does not read for ever what no file is', () => {
    expect(takeSnapshot(['/dev/zero']).fingerprints).to.deep.equal({ '/dev/zero': 'no file' });
  });

  it('has the links that an import could have gone by', () => {
    for (const name of ['a.ts', 'b.mjs', 'c.json', 'notes.txt', 'subdirectory']) {
      symlinkSync('../file', path(`directory/${name}`));
    }
    symlinkSync('nowhere', path('directory/dangling.ts'));
    mkdirSync(path('node_modules'));
    symlinkSync('../file', path('node_modules/package.js'));
    expect(takeSnapshot([path('directory'), path('node_modules')]).links).to.have.members(
      ['a.ts', 'b.mjs', 'c.json'].map((name) => path(`directory/${name}`)),
    );
  });

  it('takes a few milliseconds for a hundred files', () => {
    const files = Array.from({ length: 100 }, (_, index) => path(`directory/${index}`));
    for (const file of files) {
      writeFileSync(file, 'x'.repeat(5000));
    }
    takeSnapshot(files);
    const beganMs = performance.now();
    takeSnapshot(files);
    // Ten times what it takes, for a slow machine.
    expect(performance.now() - beganMs).to.be.lessThan(50);
  });
});
