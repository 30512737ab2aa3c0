import { FakeClock, settle } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import type { DatabaseAnswer } from '#src/users/cached-lookup.js';
import type { DatabaseEntry } from '#src/users/database-entry.js';
import type { Database } from '#src/users/nsswitch.js';
import { SystemUsers } from '#src/users/system-users.js';

const JOHN = { name: 'john', id: 1001 };
const STAFF = { name: 'staff', id: 50 };

/** A user database that answers when the test says so. */
class FakeDatabase {
  readonly asked: string[] = [];
  answers: Partial<Record<string, DatabaseAnswer<DatabaseEntry>>> = {};
  hangs = false;
  #waiting: (() => void)[] = [];

  readonly ask = async (database: Database, key: string): Promise<DatabaseAnswer<DatabaseEntry>> => {
    const question = `${database} ${key}`;
    this.asked.push(question);
    if (this.hangs) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.answers[question] ?? 'absent';
  };

  /** Answers whatever it was asked. */
  wake(): void {
    this.hangs = false;
    for (const resolve of this.#waiting.splice(0)) {
      resolve();
    }
  }
}

describe('the user database', () => {
  let clock: FakeClock;
  let database: FakeDatabase;
  let users: SystemUsers;

  beforeEach(() => {
    clock = new FakeClock();
    database = new FakeDatabase();
    database.answers = { 'passwd 1001': JOHN, 'passwd john': JOHN, 'group 50': STAFF };
    users = new SystemUsers(clock, database.ask);
  });

  const resolveUid = async (uid = 1001): Promise<void> => {
    await users.resolve({ uids: [uid] }, 1000);
  };

  it('knows nothing before it was asked', () => {
    expect(users.userName(1001)).to.equal(undefined);
    expect(users.groupName(50)).to.equal(undefined);
    expect(users.uidOf('john')).to.deep.equal({ state: 'unanswered' });
    expect(database.asked).to.deep.equal([]);
  });

  it('gives the names of users and groups, and the uids of names', async () => {
    await users.resolve({ uids: [1001], gids: [50], names: ['john'] }, 1000);
    expect(users.userName(1001)).to.equal('john');
    expect(users.groupName(50)).to.equal('staff');
    expect(users.uidOf('john')).to.deep.equal({ state: 'found', uid: 1001 });
  });

  it('gives digits for who is not in it', async () => {
    await users.resolve({ uids: [4242], gids: [4343], names: ['nobody-here'] }, 1000);
    expect(users.userName(4242)).to.equal('4242');
    expect(users.groupName(4343)).to.equal('4343');
    expect(users.uidOf('nobody-here')).to.deep.equal({ state: 'absent' });
  });

  it('does not take the digits of a uid for the name of its user', async () => {
    await users.resolve({ names: ['1001'] }, 1000);
    expect(users.uidOf('1001')).to.deep.equal({ state: 'absent' });
  });

  it('keeps users and groups apart', async () => {
    await users.resolve({ uids: [50], gids: [1001] }, 1000);
    expect(users.userName(50)).to.equal('50');
    expect(users.groupName(1001)).to.equal('1001');
  });

  it('is asked once by many at a time', async () => {
    database.hangs = true;
    const lookups = [resolveUid(), resolveUid(), resolveUid()];
    await settle();
    database.wake();
    await Promise.all(lookups);
    expect(database.asked).to.deep.equal(['passwd 1001']);
    expect(users.userName(1001)).to.equal('john');
  });

  it('is asked no more than four things at a time', async () => {
    database.hangs = true;
    const lookup = users.resolve({ uids: [1, 2, 3, 4, 5, 6] }, 1000);
    await settle();
    expect(database.asked).to.have.length(4);
    database.wake();
    await lookup;
    expect(database.asked).to.have.length(6);
  });

  it('is not asked again while its answer is good, then once more', async () => {
    await resolveUid();
    await clock.advance(10 * 60_000 - 1);
    await resolveUid();
    expect(database.asked).to.have.length(1);
    await clock.advance(1);
    database.answers['passwd 1001'] = { name: 'johnny', id: 1001 };
    await resolveUid();
    await settle();
    expect(database.asked).to.have.length(2);
    expect(users.userName(1001)).to.equal('johnny');
  });

  it('is asked again after a minute for who was not in it', async () => {
    await resolveUid(4242);
    database.answers['passwd 4242'] = { name: 'newcomer', id: 4242 };
    await clock.advance(59_999);
    await resolveUid(4242);
    expect(users.userName(4242)).to.equal('4242');
    await clock.advance(1);
    await resolveUid(4242);
    await settle();
    expect(users.userName(4242)).to.equal('newcomer');
  });

  describe('that hangs', () => {
    beforeEach(() => {
      database.hangs = true;
    });

    it('holds nobody up longer than the deadline, and nothing is known then', async () => {
      let isBack = false;
      const lookup = resolveUid().then(() => {
        isBack = true;
      });
      await clock.advance(999);
      expect(isBack).to.equal(false);
      await clock.advance(1);
      await lookup;
      expect(users.userName(1001)).to.equal(undefined);
      expect(users.uidOf('john')).to.deep.equal({ state: 'unanswered' });
    });

    it('may still answer later', async () => {
      const lookup = resolveUid();
      await clock.advance(1000);
      await lookup;
      database.wake();
      await settle();
      expect(users.userName(1001)).to.equal('john');
    });

    it('takes away no answer that it has given before, and holds nobody up who has one', async () => {
      database.hangs = false;
      await resolveUid();
      await clock.advance(10 * 60_000);
      database.hangs = true;
      await resolveUid();
      expect(users.userName(1001)).to.equal('john');
      expect(database.asked).to.have.length(2);
    });
  });

  describe('that gives no answer', () => {
    beforeEach(() => {
      database.answers['passwd 1001'] = 'unanswered';
    });

    it('leaves a name unknown, and is asked again after 30 s', async () => {
      await resolveUid();
      expect(users.userName(1001)).to.equal(undefined);
      await clock.advance(29_999);
      await resolveUid();
      expect(database.asked).to.have.length(1);
      database.answers['passwd 1001'] = JOHN;
      await clock.advance(1);
      await resolveUid();
      expect(database.asked).to.have.length(2);
      expect(users.userName(1001)).to.equal('john');
    });

    it('keeps the answer that it has given before', async () => {
      database.answers['passwd 1001'] = JOHN;
      await resolveUid();
      database.answers['passwd 1001'] = 'unanswered';
      await clock.advance(10 * 60_000);
      await resolveUid();
      await settle();
      expect(users.userName(1001)).to.equal('john');
    });

    it('is nobody’s permission to take a name for absent', async () => {
      database.answers['passwd john'] = 'unanswered';
      await users.resolve({ names: ['john'] }, 1000);
      expect(users.uidOf('john')).to.deep.equal({ state: 'unanswered' });
    });
  });

  it('knows the groups of a user, as that is called', async () => {
    const asked: string[] = [];
    database.answers = { 'passwd 1001': JOHN };
    const memberOfTwo = new SystemUsers(clock, database.ask, async (name) => {
      asked.push(name);
      return await Promise.resolve([1001, 50]);
    });
    expect(memberOfTwo.gidsOf(1001)).to.equal(undefined);
    await memberOfTwo.resolve({ memberships: [1001, 1002] }, 100);
    expect(memberOfTwo.gidsOf(1001)).to.deep.equal([1001, 50]);
    expect(memberOfTwo.gidsOf(1002)).to.deep.equal([]);
    expect(asked).to.deep.equal(['john']);
  });

  it('does not know the groups of a user whose name it does not know yet', async () => {
    database.answers = { 'passwd 1001': 'unanswered' };
    await users.resolve({ memberships: [1001] }, 100);
    expect(users.gidsOf(1001)).to.equal(undefined);
  });

  it('knows groups by name', async () => {
    database.answers = { 'group staff': STAFF };
    expect(users.gidOf('staff')).to.deep.equal({ state: 'unanswered' });
    await users.resolve({ groupNames: ['staff', 'stuff'] }, 100);
    expect(users.gidOf('staff')).to.deep.equal({ state: 'found', gid: 50 });
    expect(users.gidOf('stuff')).to.deep.equal({ state: 'absent' });
  });
});
