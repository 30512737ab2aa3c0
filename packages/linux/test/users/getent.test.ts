import { expect } from 'chai';

import { findAnswer, hasLocalSourcesOnly } from '#src/users/getent.js';

describe('"not found" of the user database', () => {
  const files: Readonly<Record<string, boolean>> = {
    'passwd: files\ngroup: files\n': true,
    'passwd:         files systemd\n': true,
    'passwd: compat [NOTFOUND=return] files # ldap\n': true,
    'group: ldap\n': true,
    '': true,
    'passwd: files ldap\n': false,
    'passwd: files systemd sss\n': false,
    'passwd: files [success=return] winbind\n': false,
  };
  for (const [switches, isAnswer] of Object.entries(files)) {
    it(`is ${isAnswer ? 'an answer' : 'no answer'} where nsswitch.conf says ${JSON.stringify(switches)}`, () => {
      expect(hasLocalSourcesOnly(switches, 'passwd')).to.equal(isAnswer);
    });
  }
});

describe('what getent prints', () => {
  it('is found by name and by number', () => {
    expect(findAnswer('john:x:1001:50::/home/john:/bin/sh\n', 'john')).to.deep.equal({
      name: 'john',
      id: 1001,
    });
    expect(findAnswer('john:x:1001:50::/home/john:/bin/sh\n', '1001')).to.deep.equal({
      name: 'john',
      id: 1001,
    });
  });

  it('is the answer too where a directory spells the name in another way', () => {
    expect(findAnswer('john@corp:x:1001:50:::\n', 'john')).to.deep.equal({ name: 'john', id: 1001 });
    expect(findAnswer('JOHN:x:1001:50:::\n', 'john')).to.deep.equal({ name: 'john', id: 1001 });
  });

  it('is no answer where it is somebody else, or nobody', () => {
    expect(findAnswer('john:x:1001:50:::\n', '2002')).to.equal(undefined);
    expect(findAnswer('', 'john')).to.equal(undefined);
    expect(findAnswer('john:x:many:50:::\n', 'john')).to.equal(undefined);
  });
});
