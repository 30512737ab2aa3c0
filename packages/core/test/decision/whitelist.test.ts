import { type UserDatabase, type UserLookup, Whitelist } from '@memory-monitor/core';
import { expect } from 'chai';

/** A user database that knows names of uids, and says the same of every name. */
function answering(lookup: UserLookup): UserDatabase {
  return {
    userName: () => undefined,
    groupName: () => undefined,
    uidOf: () => lookup,
    gidOf: () => ({ state: 'unanswered' }),
    gidsOf: () => undefined,
    resolve: async () => {},
  };
}

const UNANSWERED = answering({ state: 'unanswered' });

describe('a whitelist', () => {
  const whitelist = new Whitelist({
    pids: [7],
    names: [{ name: 'db', user: 'postgres' }],
    users: ['root', '1000'],
  });

  it('tells every user that it names, so that they can be looked up', () => {
    expect(whitelist.userNames).to.deep.equal(['root', '1000', 'postgres']);
  });

  it('finds a user by the uid that the database gives, whatever the owner is called', () => {
    const users = answering({ state: 'found', uid: 0 });
    expect(whitelist.findUser({ uid: 0, name: 'toor', users })).to.deep.equal({
      user: 'root',
      isOpen: false,
    });
  });

  it('leaves it open whose process it is while neither side is known', () => {
    const owner = { uid: 4711, name: undefined, users: UNANSWERED };
    expect(whitelist.findUser(owner)).to.deep.equal({ user: undefined, isOpen: true });
  });

  it('finds a user by the known name of the owner while the database does not answer', () => {
    expect(whitelist.findUser({ uid: 0, name: 'root', users: UNANSWERED }).user).to.equal('root');
  });

  it('finds a user in digits by the uid alone while the database does not answer', () => {
    expect(whitelist.findUser({ uid: 1000, name: 'john', users: UNANSWERED }).user).to.equal('1000');
  });

  it('takes a user whom the database does not know for nobody', () => {
    const users = answering({ state: 'absent' });
    expect(whitelist.findUser({ uid: 5, name: undefined, users })).to.deep.equal({
      user: undefined,
      isOpen: false,
    });
  });

  it('takes two slashes for a name, not for an empty regular expression', () => {
    const slashes = new Whitelist({ pids: [], names: [{ name: '//' }], users: [] });
    const owner = { uid: 1000, name: 'john', users: UNANSWERED };
    expect(slashes.findName(['hog'], owner)).to.equal(undefined);
    expect(slashes.findName(['a//b'], owner)).to.equal('//');
  });

  it('takes characters of regular expressions in a plain name literally', () => {
    const dotted = new Whitelist({ pids: [], names: [{ name: 'a.c(' }], users: [] });
    const owner = { uid: 1000, name: 'john', users: UNANSWERED };
    expect(dotted.findName(['abc('], owner)).to.equal(undefined);
    expect(dotted.findName(['xa.c(x'], owner)).to.equal('a.c(');
  });
});
