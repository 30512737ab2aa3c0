import { execFileSync } from 'node:child_process';

import { expect } from 'chai';

import { PAGE_BYTES } from '#src/proc/page-size.js';

describe('the size of a page', () => {
  it('is what getconf says', () => {
    expect(PAGE_BYTES).to.equal(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
  });
});
