import { expect } from 'chai';

import { isPromiseLike } from '#src/promise-like.js';

describe('an answer', () => {
  it('is still to come if it is a promise, or any object with a then to call', () => {
    for (const answer of [Promise.resolve(), { then: () => undefined }]) {
      expect(isPromiseLike(answer)).to.equal(true);
    }
  });

  it('is there if it is anything else', () => {
    for (const answer of [undefined, null, 0, 'then', {}, [], { then: true }, () => undefined]) {
      expect(isPromiseLike(answer)).to.equal(false);
    }
  });
});
