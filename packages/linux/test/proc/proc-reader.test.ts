import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { ProcReader } from '#src/proc/proc-reader.js';
import { itWhere } from '../support/it-where.js';
import { lacksRoot } from '../support/lacks.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const UNTOUCHED = -7;

describe('the reader of proc files', () => {
  const directory = useTemporaryDirectory();
  const file = (content: string | Buffer): string => {
    const path = join(directory(), 'file');
    writeFileSync(path, content);
    return path;
  };
  const numbersIn = (content: string): readonly number[] => {
    const numbers = new Float64Array(3).fill(UNTOUCHED);
    const count = new ProcReader().readNumbers(file(content), numbers);
    return [...numbers.subarray(0, count)];
  };

  it('reads the numbers of a statm line', () => {
    expect(numbersIn('2174 561 389 5 0 112 0\n')).to.deep.equal([2174, 561, 389]);
    expect(numbersIn('0 0 0 0 0 0 0\n')).to.deep.equal([0, 0, 0]);
  });

  it('reads large numbers exactly', () => {
    expect(numbersIn('9007199254740991 4503599627370496 1 0\n')).to.deep.equal([
      9_007_199_254_740_991, 4_503_599_627_370_496, 1,
    ]);
  });

  const malformed: Readonly<Record<string, readonly number[]>> = {
    '': [],
    '\n': [],
    garbage: [],
    '-5 6 7 8\n': [],
    '5 -6 7 8\n': [5],
    '5 6x 7 8\n': [5],
    '5 6 7': [5, 6],
    '5 6.5 7 8\n': [5],
    '5 6\n': [5, 6],
    '5 1e3 7 8\n': [5],
    '5 99999999999999999999999999 7 8\n': [5],
    '\0\0\0\0': [],
  };
  for (const [content, numbers] of Object.entries(malformed)) {
    it(`takes ${JSON.stringify(content)} for ${numbers.length} numbers`, () => {
      expect(numbersIn(content)).to.deep.equal(numbers);
    });
  }

  it('reads files larger than its buffer', () => {
    const content = Buffer.alloc(300_000, 'abcdefg');
    const reader = new ProcReader();
    expect(reader.read(file(content))?.equals(content)).to.equal(true);
    expect(reader.read(file('short'))?.toString()).to.equal('short');
  });

  it('reads no more than a megabyte', () => {
    const length = new ProcReader().read(file(Buffer.alloc(3_000_000)))?.length;
    expect(length).to.be.within(1_048_576, 2_999_999);
  });

  it('says "gone" of what is not there', () => {
    symlinkSync('loop', join(directory(), 'loop'));
    mkdirSync(join(directory(), 'directory'));
    const reader = new ProcReader();
    for (const name of ['absent', 'loop', 'directory', 'absent/file']) {
      reader.failure = 'denied';
      expect(reader.read(join(directory(), name)), name).to.equal(undefined);
      expect(reader.failure, name).to.equal('gone');
      expect(reader.readNumbers(join(directory(), name), new Float64Array(3)), name).to.equal(-1);
      expect(reader.readLink(join(directory(), 'absent'))).to.equal(undefined);
    }
  });

  itWhere(lacksRoot, 'says "denied" of what it must not read', async () => {
    const path = file('1 2 3 4\n');
    const reader = new ProcReader();
    process.seteuid!(65_534);
    try {
      expect(reader.readNumbers(path, new Float64Array(3))).to.equal(-1);
      expect(reader.failure).to.equal('denied');
    } finally {
      process.seteuid!(0);
    }
  });

  it('keeps the bytes of a link that is not UTF-8', () => {
    const target = Buffer.from([0x2f, 0xff, 0xfe]);
    symlinkSync(target, join(directory(), 'link'));
    expect(new ProcReader().readLink(join(directory(), 'link'))).to.deep.equal(target);
  });
});
