import { chmodSync, chownSync, lchownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findDistrust, requireTrusted } from '@memory-monitor/plugin-loader';
import { expect } from 'chai';

import { itWhere, lacksRoot } from '../support/it-where.js';
import { rejection } from '../support/rejection.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const SOMEBODY = 65_534;
/** No group of /etc/group has it. */
const NO_GROUP = 4_000_000_123;

describe('trust in a path', () => {
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  /** A file in a directory of its own. */
  const aFile = (): string => {
    mkdirSync(path('a'));
    writeFileSync(path('a/file'), '');
    return path('a/file');
  };
  const blame = (file: string, allowsSticky = false): readonly [string, string] | undefined => {
    const distrust = findDistrust(file, { allowsSticky });
    return distrust && [distrust.path, distrust.reason];
  };

  itWhere(lacksRoot, 'is there where only root can write', async () => {
    expect(blame(aFile())).to.equal(undefined);
    expect(blame(path('a'))).to.equal(undefined);
    expect(blame('/')).to.equal(undefined);
    requireTrusted(path('a/file'), 'a test');
  });

  itWhere(lacksRoot, 'is lost to whoever owns the file', async () => {
    chownSync(aFile(), SOMEBODY, 0);
    expect(blame(path('a/file'))).to.deep.equal([path('a/file'), `it belongs to user ${SOMEBODY}`]);
  });

  itWhere(lacksRoot, 'is lost to a group that may write', async () => {
    chmodSync(aFile(), 0o664);
    for (const [gid, group] of [
      [0, 'root'],
      [NO_GROUP, NO_GROUP],
    ] as const) {
      chownSync(path('a/file'), 0, gid);
      expect(blame(path('a/file'))).to.deep.equal([path('a/file'), `group ${group} may write to it`]);
      expect(findDistrust(path('a/file'))?.remedy).to.contain(`run "chmod g-w ${path('a/file')}"`);
    }
  });

  itWhere(lacksRoot, 'is lost to everybody who may write', async () => {
    chmodSync(aFile(), 0o602);
    expect(blame(path('a/file'))).to.deep.equal([path('a/file'), 'everybody may write to it']);
  });

  itWhere(lacksRoot, 'is lost by a directory above, however far', async () => {
    aFile();
    for (const [owner, mode, reason] of [
      [SOMEBODY, 0o755, `it belongs to user ${SOMEBODY}`],
      [0, 0o775, 'group root may write to it'],
      [0, 0o757, 'everybody may write to it'],
    ] as const) {
      chownSync(directory(), owner, 0);
      chmodSync(directory(), mode);
      expect(blame(path('a/file'))).to.deep.equal([directory(), reason]);
    }
  });

  itWhere(lacksRoot, 'is not lost by the mode of a link', async () => {
    aFile();
    symlinkSync('a/file', path('link'));
    expect(blame(path('link'))).to.equal(undefined);
  });

  itWhere(lacksRoot, 'is lost to whoever owns a link', async () => {
    aFile();
    symlinkSync('a/file', path('link'));
    lchownSync(path('link'), SOMEBODY, 0);
    expect(blame(path('link'))).to.deep.equal([path('link'), `it belongs to user ${SOMEBODY}`]);
  });

  itWhere(lacksRoot, "is lost by a link's target, and by the directory of that", async () => {
    chmodSync(aFile(), 0o666);
    mkdirSync(path('b'));
    symlinkSync(path('a/file'), path('b/absolute'));
    symlinkSync('../a/file', path('b/relative'));
    symlinkSync('../a', path('b/directory'));
    const links = ['b/absolute', 'b/relative', 'b/directory/file'].map(path);
    expect(links.map((link) => blame(link)?.[0])).to.deep.equal(Array(3).fill(path('a/file')));
    chmodSync(path('a/file'), 0o644);
    chmodSync(path('a'), 0o777);
    expect(links.map((link) => blame(link)?.[0])).to.deep.equal(Array(3).fill(path('a')));
  });

  itWhere(lacksRoot, 'is lost by a directory that only lies between two links', async () => {
    aFile();
    mkdirSync(path('between'));
    symlinkSync('../a/file', path('between/second'));
    symlinkSync('between/second', path('first'));
    expect(blame(path('first'))).to.equal(undefined);
    chmodSync(path('between'), 0o777);
    expect(blame(path('first'))).to.deep.equal([path('between'), 'everybody may write to it']);
  });

  itWhere(lacksRoot, 'follows ".." from where a link leads, as the kernel does', async () => {
    chmodSync(aFile(), 0o666);
    mkdirSync(path('a/deep'));
    mkdirSync(path('b'));
    writeFileSync(path('b/file'), '');
    symlinkSync('../a/deep', path('b/link'));
    expect(blame(`${path('b/link')}/../file`)).to.deep.equal([path('a/file'), 'everybody may write to it']);
    expect(blame(`${path('b')}/./../b//file`)).to.equal(undefined);
  });

  itWhere(lacksRoot, 'is not there for what is not there, or no directory', async () => {
    aFile();
    symlinkSync('nowhere', path('dangling'));
    expect(blame(path('gone/file'))).to.deep.equal([path('gone'), 'it is not there']);
    expect(blame(path('dangling'))).to.deep.equal([path('nowhere'), 'it is not there']);
    expect(blame(path('a/file/below'))?.[1]).to.match(/^it can not be looked at \(ENOTDIR/);
    expect(blame(path('a/\0'))?.[1]).to.match(/^it can not be looked at/);
  });

  itWhere(lacksRoot, 'ends after forty links', async () => {
    symlinkSync('loop', path('loop'));
    expect(blame(path('loop'))).to.deep.equal([path('loop'), 'it leads through more than 40 links']);
    aFile();
    symlinkSync('a/file', path('link0'));
    for (let index = 1; index <= 40; index += 1) {
      symlinkSync(`link${index - 1}`, path(`link${index}`));
    }
    expect(blame(path('link39'))).to.equal(undefined);
    expect(blame(path('link40'))?.[1]).to.equal('it leads through more than 40 links');
  });

  itWhere(lacksRoot, 'is there in a sticky directory only where that is allowed', async () => {
    aFile();
    chmodSync(path('a'), 0o1777);
    expect(blame(path('a/file'))).to.deep.equal([path('a'), 'everybody may write to it']);
    expect(blame(path('a/file'), true)).to.equal(undefined);
  });

  itWhere(
    lacksRoot,
    "is never there in somebody's sticky directory, nor for somebody's file in one",
    async () => {
      aFile();
      chmodSync(path('a'), 0o1777);
      symlinkSync('file', path('a/link'));
      lchownSync(path('a/link'), SOMEBODY, 0);
      expect(blame(path('a/link'), true)?.[0]).to.equal(path('a/link'));
      chownSync(path('a/file'), SOMEBODY, 0);
      expect(blame(path('a/file'), true)?.[0]).to.equal(path('a/file'));
      chownSync(path('a'), SOMEBODY, 0);
      expect(blame(path('a/file'), true)?.[0]).to.equal(path('a'));
    },
  );

  itWhere(lacksRoot, 'is not given to a sticky file', async () => {
    chmodSync(aFile(), 0o1666);
    expect(blame(path('a/file'), true)?.[0]).to.equal(path('a/file'));
  });

  itWhere(lacksRoot, 'is required of root only', async () => {
    chmodSync(aFile(), 0o666);
    requireTrusted(path('a/file'), 'a test', { isPrivileged: false });
    await rejection('MM_ERR_UNTRUSTED', () => {
      requireTrusted(path('a/file'), 'a test');
    });
  });

  itWhere(lacksRoot, 'that is missing is told with path, reason, and what to do', async () => {
    const tell = async (name: string): Promise<string> =>
      await rejection('MM_ERR_UNTRUSTED', () => {
        requireTrusted(path(name), 'the configuration');
      });
    chmodSync(aFile(), 0o666);
    expect(await tell('a/file')).to.equal(
      `${path('a/file')}, the configuration, is not trusted because everybody may write to it; ` +
        `keep it where only root can write, or run "chmod go-w ${path('a/file')}".`,
    );
    chownSync(path('a'), SOMEBODY, 0);
    expect(await tell('a/file')).to.equal(
      `${path('a/file')}, the configuration, is not trusted because of ${path('a')}: ` +
        `it belongs to user ${SOMEBODY}; keep it where only root can write, or run "chown root ${path('a')}".`,
    );
    chownSync(path('a'), 0, 0);
    chmodSync(path('a'), 0o1777);
    expect(await tell('a/file')).to.match(
      /: everybody may write to it; keep it where only root can write\.$/,
    );
    rmSync(path('a'), { recursive: true });
    mkdirSync(path("it's\na"));
    chmodSync(path("it's\na"), 0o777);
    expect(await tell("it's\na"))
      .to.contain(String.raw`it's\x0aa, the`)
      .and.to.contain(String.raw`or run "chmod go-w '${directory()}/it'\''s\x0aa'".`);
  });
});
