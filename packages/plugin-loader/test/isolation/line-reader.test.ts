import { expect } from 'chai';
import fc from 'fast-check';

import { LineReader } from '#src/isolation/line-reader.js';

const TOO_LONG = Symbol('too long');

/** What comes out of these pieces, of lines of at most `most` characters. */
function linesFrom(pieces: readonly (string | Buffer)[], most = 10): (string | symbol)[] {
  const lines: (string | symbol)[] = [];
  const reader = new LineReader(
    most,
    (line) => lines.push(line),
    () => lines.push(TOO_LONG),
  );
  for (const piece of pieces) {
    reader.push(Buffer.from(piece));
  }
  return lines;
}

describe('lines', () => {
  it('come out without their ends, empty ones too, and the last one when its end is there', () => {
    expect(linesFrom(['a\n\nbc\nd'])).to.deep.equal(['a', '', 'bc']);
    expect(linesFrom(['a\n\nbc\nd', '', '\n'])).to.deep.equal(['a', '', 'bc', 'd']);
    expect(linesFrom(['', ''])).to.deep.equal([]);
  });

  it('come out the same, whatever pieces they arrive in, also if a character is cut in two', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ß', '日', '👍', '\n', '\r', '\0'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (written, length) => {
        const bytes = Buffer.from(written);
        const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
          bytes.subarray(index * length, (index + 1) * length),
        );
        expect(linesFrom(pieces, 100)).to.deep.equal(written.split('\n').slice(0, -1));
      }),
    );
  });

  it('come out with a mark in place of what is no text', () => {
    expect(linesFrom([Buffer.of(0x61, 0xff, 0x62, 0x0a)])).to.deep.equal(['a\uFFFDb']);
  });

  it('may be as long as is allowed, and not a character longer, in however many pieces', () => {
    const [fits, tooLong] = ['x'.repeat(10), 'x'.repeat(11)];
    for (const cut of [(line: string) => [line], (line: string) => line.split('')]) {
      expect(linesFrom(cut(`${fits}\n`))).to.deep.equal([fits]);
      expect(linesFrom(cut(`${tooLong}\n`))).to.deep.equal([TOO_LONG]);
    }
  });

  it('are too long before they end: a line without end is not kept', () => {
    expect(linesFrom(Array.from({ length: 1000 }, () => 'xxxx'))).to.deep.equal([TOO_LONG]);
  });

  it('come out no more after one that was too long, which is told once', () => {
    const tooLong = 'x'.repeat(11);
    expect(linesFrom([`a\n${tooLong}\nb\n`, 'c\n', tooLong, '\nd\n'])).to.deep.equal(['a', TOO_LONG]);
    expect(linesFrom([`a\n${tooLong}`, '\nb\n'])).to.deep.equal(['a', TOO_LONG]);
  });

  it('cost no more when they come letter by letter', () => {
    const most = 256 * 1024;
    const letter = Buffer.from('x');
    const reader = new LineReader(
      most,
      () => undefined,
      () => undefined,
    );
    const beganMs = performance.now();
    for (let index = 0; index < most; index += 1) {
      reader.push(letter);
    }
    // A hundred times what it takes. To look through the whole line for each letter would take half a minute.
    expect(performance.now() - beganMs).to.be.lessThan(5000);
  });
});
