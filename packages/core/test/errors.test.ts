import { readFileSync } from 'node:fs';

import { ERROR_CODES, messageOf, MonitorError } from '@memory-monitor/core';
import { expect } from 'chai';

describe('errors', () => {
  it('are the ones that docs/errors.md lists, all of them, with the same meaning', () => {
    const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(MM_ERR_\w+)` +\| (.+?) +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, meaning]) => `${code}: ${meaning}`)).to.deep.equal(
      Object.entries(ERROR_CODES).map(([code, meaning]) => `${code}: ${meaning}`),
    );
    for (const [, code, , advice] of rows) {
      expect(advice, code).to.have.length.above(10);
    }
    expect(new Set(page.match(/MM_ERR_\w+/g))).to.deep.equal(new Set(Object.keys(ERROR_CODES)));
  });

  it('carry a code and their cause', () => {
    const cause = new Error('ENOENT');
    const error = new MonitorError('MM_ERR_MEMINFO', 'No memory.', { cause });
    expect(error).to.include({ name: 'MonitorError', code: 'MM_ERR_MEMINFO', message: 'No memory.', cause });
  });

  it('have a message also when something else than an error was thrown', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).to.deep.equal([
      'a',
      'b',
      'undefined',
    ]);
  });

  it('have a message that is text, whatever was thrown', () => {
    const brokenly = {
      toString: () => {
        throw new Error('not even that');
      },
    };
    for (const thrown of [
      Object.create(null),
      brokenly,
      Symbol('s'),
      Object.assign(new Error(), { message: brokenly }),
    ]) {
      expect(messageOf(thrown)).to.be.a('string').that.is.not.empty;
    }
    expect(messageOf(Object.assign(new Error(), { message: 7 }))).to.equal('7');
  });
});
