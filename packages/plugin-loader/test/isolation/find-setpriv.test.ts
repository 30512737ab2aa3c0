import { existsSync } from 'node:fs';

import { expect } from 'chai';

import { findSetpriv, setprivOf } from '#src/isolation/find-setpriv.js';

const OLD = ['--reuid <uid>', '--regid <gid>', '--clear-groups', '--no-new-privs', '--inh-caps <caps>'].join(
  '\n',
);

describe('setpriv', () => {
  it('is what can change users, with or without a signal at the end of its parent', () => {
    expect(setprivOf('/x', OLD)).to.deep.equal({ path: '/x', hasParentDeathSignal: false });
    expect(setprivOf('/x', `${OLD}\n--pdeathsig keep|clear|<signame>`)).to.deep.equal({
      path: '/x',
      hasParentDeathSignal: true,
    });
  });

  it('is none where it is that of busybox, or says nothing of itself', () => {
    const busybox =
      'Usage: setpriv [OPTIONS] PROG ARGS\n -d,--dump\n --nnp,--no-new-privs\n --ambient-caps CAP';
    expect(setprivOf('/x', busybox)).to.equal(undefined);
    expect(setprivOf('/x', '')).to.equal(undefined);
    expect(setprivOf('/x', null)).to.equal(undefined);
  });

  it('is found where it is, by its whole path', () => {
    const found = findSetpriv();
    expect(found === undefined || existsSync(found.path)).to.equal(true);
    expect(findSetpriv()).to.equal(found);
  });
});
