import { FakeClock, settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { Directory } from '#src/users/directory.js';

describe('a directory', () => {
  let clock: FakeClock;
  let asked: string[];
  let isUp: boolean;
  let directory: Directory;

  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    isUp = true;
    directory = new Directory(
      clock,
      async (name, database, keys) => {
        asked.push(`${name} ${database} ${keys.join(' ')}`);
        await settle();
        return isUp;
      },
      async (_, key) => await Promise.resolve(key === 'root'),
    );
  });

  const isAlive = async (): Promise<boolean> => await directory.isAlive('sss', 1000);

  it('has proven nothing where nobody is known but who stands in the files', async () => {
    await directory.remember('passwd', 'root');
    expect(await isAlive()).to.equal(false);
    expect(asked).to.deep.equal([]);
    await directory.remember('passwd', 'alice');
    expect(await isAlive()).to.equal(true);
  });

  it('is there if it still knows one whom it knew, users or groups, and is asked once a minute', async () => {
    await directory.remember('passwd', 'alice');
    await directory.remember('group', 'students');
    expect(await Promise.all([isAlive(), isAlive()])).to.deep.equal([true, true]);
    expect(asked).to.deep.equal(['sss passwd alice', 'sss group students']);
    await clock.advance(59_999);
    isUp = false;
    expect(await isAlive()).to.equal(true);
    await clock.advance(1);
    expect(await isAlive()).to.equal(false);
  });

  it('that was away is asked again before long', async () => {
    await directory.remember('passwd', 'alice');
    isUp = false;
    expect(await isAlive()).to.equal(false);
    isUp = true;
    expect(await isAlive()).to.equal(false);
    await clock.advance(10_000);
    expect(await isAlive()).to.equal(true);
  });

  it('is asked for those whom it knew last', async () => {
    for (let count = 0; count < 20; count += 1) {
      await directory.remember('passwd', `user-${count}`);
    }
    await directory.remember('passwd', 'user-12');
    await isAlive();
    expect(asked[0]?.split(' ').slice(2)).to.deep.equal(
      [13, 14, 15, 16, 17, 18, 19, 12].map((count) => `user-${count}`),
    );
  });
});
