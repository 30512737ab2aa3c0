import { expect } from 'chai';

import { mostToHold } from '#src/proc/open-files-limit.js';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max processes             96364                96364                processes 
Max open files            ${soft.padEnd(21)}524288               files     
Max locked memory         8388608              8388608              bytes     
`;

describe('the descriptors that may be held', () => {
  for (const [soft, most] of [
    ['524288', 393_216],
    ['4096', 3072],
    ['2048', 1536],
    ['1024', 512],
    ['600', 88],
    ['512', 0],
    ['256', 0],
    ['unlimited', Number.POSITIVE_INFINITY],
  ] as const) {
    it(`are ${most} of ${soft}`, () => {
      expect(mostToHold(limits(soft))).to.equal(most);
    });
  }

  it('are 512 where it is not known how many there are', () => {
    expect(mostToHold('')).to.equal(512);
  });
});
