import { expect } from 'chai';

import { countOfMistakes } from '#src/print-error.js';

const mistake = { file: 'config.toml', line: 1, column: 1, key: undefined, message: 'wrong.' };

describe('countOfMistakes', () => {
  it('speaks of one mistake', () => {
    expect(countOfMistakes([mistake])).to.equal('the configuration has 1 mistake');
  });

  it('speaks of several mistakes', () => {
    expect(countOfMistakes([mistake, mistake, mistake])).to.equal('the configuration has 3 mistakes');
  });
});
