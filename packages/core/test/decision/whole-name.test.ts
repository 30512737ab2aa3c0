import { expect } from 'chai';

import { wholeNameOf } from '#src/decision/whole-name.js';

const CUT = { comm: 'chromium-browse', name: 'chromium-browse', isCommCut: true };

describe('the whole name', () => {
  it('is the known one where the kernel has not cut it', () => {
    const inspection = { comm: 'hog', name: 'hog', isCommCut: false };
    expect(wholeNameOf(inspection, ['hogwarts'])).to.equal('hog');
  });

  it('is the base name of argv[0] where that begins with what the kernel kept', () => {
    expect(wholeNameOf(CUT, ['/usr/lib/chromium-browser-stable', 'x'])).to.equal('chromium-browser-stable');
  });

  it('is what the kernel kept where argv[0] is something else', () => {
    expect(wholeNameOf(CUT, ['sshd'])).to.equal('chromium-browse');
  });

  it('is what the kernel kept where there are no arguments at all', () => {
    expect(wholeNameOf(CUT, [])).to.equal('chromium-browse');
  });

  it('is not known while the command line is not', () => {
    expect(wholeNameOf(CUT, undefined)).to.equal(undefined);
  });

  it('is completed also where the cut went through the middle of a character', () => {
    const inspection = { comm: 'größenwahnsin\uFFFD', name: 'größenwahnsin\uFFFD', isCommCut: true };
    expect(wholeNameOf(inspection, ['größenwahnsinüber'])).to.equal('größenwahnsinüber');
  });
});
