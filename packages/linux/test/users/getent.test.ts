import { expect } from 'chai';

import { findAnswer } from '#src/users/getent.js';
import { directoriesIn, namesFileFirst } from '#src/users/nsswitch.js';

describe('the directories of a machine', () => {
  const files: Readonly<Record<string, string[]>> = {
    'passwd: files\ngroup: files\n': [],
    'passwd:         files systemd\n': [],
    'passwd: compat [NOTFOUND=return] files # ldap\n': [],
    'group: ldap\n': [],
    '': [],
    'passwd: files ldap\n': ['ldap'],
    'passwd: files systemd sss\n': ['sss'],
    'passwd: files [success=return] winbind\n': ['winbind'],
    'passwd: files sss ldap\n': ['sss', 'ldap'],
  };
  for (const [switches, directories] of Object.entries(files)) {
    it(`are ${directories.join(' and ') || 'none'} where nsswitch.conf says ${JSON.stringify(switches)}`, () => {
      expect(directoriesIn(switches, 'passwd')).to.deep.equal(directories);
    });
  }
});

describe('the file of users', () => {
  const files: Readonly<Record<string, boolean>> = {
    'passwd: files\ngroup: sss\n': true,
    'passwd:\t files systemd sss # by hand\n': true,
    'group: sss\n': true,
    'passwd: sss files\n': false,
    'passwd: compat\n': false,
    'passwd: files [SUCCESS=continue] ldap\n': false,
    'passwd: files[success=merge] ldap\n': false,
  };
  for (const [switches, isFirst] of Object.entries(files)) {
    it(`${isFirst ? 'answers' : 'does not answer'} alone where nsswitch.conf says ${JSON.stringify(switches)}`, () => {
      expect(namesFileFirst(switches, 'passwd')).to.equal(isFirst);
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
