import { expect } from 'chai';

import { nearestTo } from '#src/config/suggest.js';

const KEYS = ['ram_percent_threshold', 'ram_gb_threshold', 'check_interval', 'use'];

describe('a suggestion', () => {
  it('is the key with the fewest letters changed', () => {
    expect(nearestTo('ram_gb_treshhold', KEYS)).to.equal('ram_gb_threshold');
  });

  it('disregards case', () => {
    expect(nearestTo('CHECK_INTERVAL', KEYS)).to.equal('check_interval');
  });

  it('is a key that holds the word, or that the word holds', () => {
    expect(nearestTo('interval', KEYS)).to.equal('check_interval');
    expect(nearestTo('check_interval_in_seconds', KEYS)).to.equal('check_interval');
  });

  it('is none for a word that is near no key', () => {
    expect(nearestTo('colour', KEYS)).to.equal(undefined);
    expect(nearestTo('', [])).to.equal(undefined);
  });
});
