import { expect } from 'chai';
import fc from 'fast-check';

import { boundaryOf, rankOf, RANKS } from '#src/scan/rank.js';

const pages = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 ** 33 }));

describe('the rank of a process', () => {
  it('grows with its memory, from 0 to the last', () => {
    fc.assert(
      fc.property(pages, pages, (one, other) => {
        const [smaller, larger] = [Math.min(one, other), Math.max(one, other)];
        expect(rankOf(smaller)).to.be.at.most(rankOf(larger));
        expect(rankOf(larger)).to.be.within(0, RANKS - 1);
      }),
    );
    expect(rankOf(0)).to.equal(0);
    expect(rankOf(2 ** 40)).to.equal(RANKS - 1);
  });

  it('is another one for a quarter more', () => {
    for (let memory = 8; memory < 2 ** 31; memory *= 1.7) {
      expect(rankOf(Math.ceil(memory * 1.25))).to.be.greaterThan(rankOf(Math.floor(memory)));
    }
  });

  it('has a boundary, above which are fewer than may be held, and with which as many or more', () => {
    fc.assert(
      fc.property(fc.array(pages, { minLength: 1 }), fc.nat(200), (memories, most) => {
        const counts = new Int32Array(RANKS);
        for (const memory of memories) {
          counts[rankOf(memory)]! += 1;
        }
        const boundary = boundaryOf(counts, most);
        const larger = memories.filter((memory) => rankOf(memory) > boundary).length;
        const enough = memories.filter((memory) => rankOf(memory) >= boundary).length;
        expect(larger).to.be.at.most(Math.max(0, most - 1));
        expect(enough).to.be.at.least(Math.min(most, memories.length));
      }),
    );
  });
});
