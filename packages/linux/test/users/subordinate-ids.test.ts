import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { SubordinateIds, parseSubordinateIds } from '#src/users/subordinate-ids.js';
import { SystemUsers } from '#src/users/system-users.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('subordinate uids', () => {
  const directory = useTemporaryDirectory();
  let clock: FakeClock;
  let path: string;
  let users: SystemUsers;
  beforeEach(() => {
    clock = new FakeClock();
    path = join(directory(), 'subuid');
    const ask = async (_: string, key: string) =>
      await Promise.resolve(key === 'alice' ? { name: 'alice', id: 1001 } : ('absent' as const));
    users = new SystemUsers(clock, ask, undefined, new SubordinateIds(clock, path));
  });

  it('are ranges of numbers, each with its owner; those of the system, and what is none, are passed over', () => {
    const text = 'alice:100000:65536\n1002:165536:10\n\n# no:1:2\nbob:x:1\nroot:0:65536\ncarol:5:\n';
    expect(parseSubordinateIds(text)).to.deep.equal([
      { owner: 'alice', first: 100_000, count: 65_536 },
      { owner: '1002', first: 165_536, count: 10 },
    ]);
  });

  it('belong to the user whom the file names, or whose number it has', async () => {
    writeFileSync(path, 'alice:100000:65536\n1002:165536:10\nnobody-here:200000:1\n');
    expect(users.ownerOf(100_000)).to.deep.equal({ state: 'unanswered' });
    await users.resolve({ subordinates: [100_000, 200_000] }, 1000);
    const owners = [99_999, 100_000, 165_535, 165_536, 165_546, 200_000].map((uid) => users.ownerOf(uid));
    expect(owners).to.deep.equal([
      { state: 'absent' },
      { state: 'found', uid: 1001 },
      { state: 'found', uid: 1001 },
      { state: 'found', uid: 1002 },
      { state: 'absent' },
      { state: 'absent' },
    ]);
  });

  it('are nobody’s where there is no such file, and are read again after a minute', async () => {
    await users.resolve({ subordinates: [100_000] }, 1000);
    expect(users.ownerOf(100_000)).to.deep.equal({ state: 'absent' });
    writeFileSync(path, 'alice:100000:65536\n');
    await users.resolve({ subordinates: [100_000] }, 1000);
    expect(users.ownerOf(100_000)).to.deep.equal({ state: 'absent' });
    await clock.advance(60_000);
    await users.resolve({ subordinates: [100_000] }, 1000);
    expect(users.ownerOf(100_000)).to.deep.equal({ state: 'found', uid: 1001 });
    rmSync(path);
  });
});
