import { expect } from 'chai';
import fc from 'fast-check';

import { parseMeminfo } from '#src/proc/meminfo.js';

const KIB = 1024;
const LINES = [
  'MemTotal:       16384000 kB',
  'MemFree:         1000000 kB',
  'MemAvailable:    9000000 kB',
  'Buffers:          200000 kB',
  'Cached:          5000000 kB',
  'SwapCached:            7 kB',
  'HugePages_Total:       3',
  'DirectMap2M:     8000000 kB',
];
const READ = { totalBytes: 16_384_000 * KIB, availableBytes: 9_000_000 * KIB };

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const without = (...keys: readonly string[]): string[] =>
  LINES.filter((line) => !keys.some((key) => line.startsWith(`${key}:`)));

describe('meminfo', () => {
  it('gives the total and what is available', () => {
    expect(parseMeminfo(text(LINES))).to.deep.equal(READ);
  });

  it('is read right in any order, with lines added', () => {
    const otherLine = fc
      .tuple(fc.stringMatching(/^[A-Z][A-Za-z_()0-9]{0,20}$/), fc.nat())
      .filter(([key]) => !LINES.some((line) => line.startsWith(`${key}:`)))
      .map(([key, value]) => `${key}:    ${value} kB`);
    fc.assert(
      fc.property(fc.array(otherLine), fc.infiniteStream(fc.nat()), (added, order) => {
        const shuffled = [...LINES, ...added]
          .map((line) => ({ line, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ line }) => line);
        expect(parseMeminfo(text(shuffled))).to.deep.equal(READ);
      }),
    );
  });

  it('takes free memory and caches for available where the kernel does not say', () => {
    const availableBytes = (1_000_000 + 200_000 + 5_000_000) * KIB;
    expect(parseMeminfo(text(without('MemAvailable')))).to.deep.equal({ ...READ, availableBytes });
  });

  it('takes nothing for available where the kernel says nothing of it', () => {
    const lines = without('MemAvailable', 'MemFree', 'Buffers', 'Cached');
    expect(parseMeminfo(text(lines))).to.deep.equal({ ...READ, availableBytes: 0 });
  });

  it('never has more available than there is', () => {
    const lines = ['MemTotal: 100 kB', 'MemAvailable: 200 kB'];
    expect(parseMeminfo(text(lines))).to.deep.equal({ totalBytes: 100 * KIB, availableBytes: 100 * KIB });
  });

  it('means nothing without a total', () => {
    const wrong = [
      '',
      '\n',
      text(without('MemTotal')),
      'MemTotal: 0 kB\n',
      'MemTotal: x kB\n',
      'MemTotal:\n',
    ];
    for (const meminfo of [...wrong, 'XMemTotal: 5 kB\n', 'MemTotal: -5 kB\n', '\0'.repeat(50)]) {
      expect(parseMeminfo(meminfo), JSON.stringify(meminfo)).to.equal(undefined);
    }
  });

  it('never throws, and never gives figures that make no sense', () => {
    const garbage = fc.array(fc.oneof(fc.constantFrom(...LINES), fc.string()), { maxLength: 12 });
    fc.assert(
      fc.property(garbage, (lines) => {
        const meminfo = parseMeminfo(text(lines));
        if (meminfo !== undefined) {
          expect(meminfo.totalBytes).to.be.greaterThan(0);
          expect(meminfo.availableBytes).to.be.within(0, meminfo.totalBytes);
        }
      }),
    );
  });
});
