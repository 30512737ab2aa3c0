import { expect } from 'chai';

import { isAddress, isAddressPattern, ownerAddress } from '#src/notice/addresses.js';

const OVERFLOW_UID = 65_534;
const BY_PATTERN = { address: '{user}@example.org', addresses: {}, from_uid: 1000 };

describe('an address', () => {
  it('is a mailbox, or a user of this machine', () => {
    const good = ['root', 'a.b-c_d+e@example.org', 'ops@mail', 'x@1.example'];
    expect(good.filter(isAddress)).to.deep.equal(good);
  });

  it('is nothing that a header, an envelope, or a shell gives a meaning to', () => {
    const bad = [
      '',
      '@x',
      'a@',
      '-oQ/tmp',
      'a b',
      'a,b',
      'a@b\r\nBcc: c@d',
      '<a@b>',
      '"a"@b',
      'a@b@c',
      'é@x',
      'a@-b',
      'a'.repeat(65),
    ];
    expect(bad.filter(isAddress)).to.deep.equal([]);
  });

  it('can be a pattern of them, with the name of a user in it', () => {
    expect(['{user}', '{user}@example.org', 'x+{user}@example.org'].filter(isAddressPattern)).to.have.length(
      3,
    );
    expect(['user@example.org', '{user}\n@example.org', '{user}@'].filter(isAddressPattern)).to.deep.equal(
      [],
    );
  });
});

describe('the address of an owner', () => {
  it('is made of their name', () => {
    expect(ownerAddress({ uid: 1000, user: 'alice' }, BY_PATTERN, OVERFLOW_UID)).to.equal(
      'alice@example.org',
    );
    const onThisMachine = { ...BY_PATTERN, address: '{user}' };
    expect(ownerAddress({ uid: 1000, user: 'alice' }, onThisMachine, OVERFLOW_UID)).to.equal('alice');
  });

  it('is the one that is configured for them', () => {
    const owners = { ...BY_PATTERN, addresses: { alice: 'a@physics.example.org' } };
    expect(ownerAddress({ uid: 1000, user: 'alice' }, owners, OVERFLOW_UID)).to.equal(
      'a@physics.example.org',
    );
    expect(ownerAddress({ uid: 1000, user: 'toString' }, owners, OVERFLOW_UID)).to.equal(
      'toString@example.org',
    );
  });

  it('is none where nobody reads mail, or nobody knows who it is', () => {
    for (const owner of [
      { uid: 0, user: 'root' },
      { uid: 999, user: 'postgres' },
      // Of a user namespace: a uid that has no name here, or that can't be shown.
      { uid: 100_000, user: '100000' },
      { uid: OVERFLOW_UID, user: 'nobody' },
      { uid: 1000, user: 'EXAMPLE\\alice' },
      { uid: 1000, user: 'alice\r\nBcc: eve@example.org' },
      { uid: 1000, user: '$&' },
    ]) {
      expect(ownerAddress(owner, BY_PATTERN, OVERFLOW_UID), owner.user).to.equal(undefined);
    }
  });
});
