import { expect } from 'chai';
import fc from 'fast-check';

import { parseStat } from '#src/proc/stat.js';
import { parseStatus } from '#src/proc/status.js';
import { numberOfStat, STAT_FLAGS, STAT_START_TIME, uidOfStatus } from '#src/scan/identity-bytes.js';
import { statLine, statusText } from '../support/fake-proc.js';

/** What stands behind the bytes of a read is left over from another one. */
const REST = Buffer.from(') S 1 1 1 1 -1 77 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\nUid:\t4711\t4711\n');
const withRest = (bytes: Buffer): Buffer => Buffer.concat([bytes, REST]);

const anyEntry = fc.record({
  pid: fc.integer({ min: 1, max: 4_194_303 }),
  startTime: fc.nat(),
  uid: fc.integer({ min: 0, max: 4_294_967_294 }),
  flags: fc.nat(),
  comm: fc.uint8Array({ maxLength: 15 }).map((bytes) => Buffer.from(bytes)),
});

describe('who a process is, from the bytes of its files', () => {
  it('is what their parsers say, whatever its name', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const line = statLine(entry);
        const stat = parseStat(line)!;
        const bytes = withRest(line);
        expect(numberOfStat(bytes, line.length, STAT_START_TIME)).to.equal(stat.startTime);
        expect(numberOfStat(bytes, line.length, STAT_FLAGS)).to.equal(stat.flags);
        const text = statusText(entry);
        expect(uidOfStatus(withRest(text), text.length)).to.equal(parseStatus(text)?.uid);
      }),
    );
  });

  it('is nobody where a line was cut', () => {
    const entry = { pid: 42, startTime: 123_456, uid: 1000 };
    const line = statLine(entry);
    const end = line.indexOf(' 123456 ') + ' 123456 '.length;
    for (let length = 0; length < end - 1; length += 1) {
      expect(numberOfStat(withRest(line), length, STAT_START_TIME), `${length}`).to.be.NaN;
    }
    const text = statusText(entry);
    const endOfUid = text.indexOf('Uid:\t1000\t') + 'Uid:\t1000\t'.length;
    for (let length = 0; length < endOfUid; length += 1) {
      expect(uidOfStatus(withRest(text), length), `${length}`).to.be.NaN;
    }
    expect(uidOfStatus(withRest(text), endOfUid)).to.equal(1000);
  });

  it('is nobody in what is no such file', () => {
    for (const content of ['', 'garbage\n', '42 (x', '42 (x) S 1 a b c d e f\n', 'Name:\tx\nUid:\tmany\n']) {
      const bytes = Buffer.from(content);
      expect(numberOfStat(bytes, bytes.length, STAT_START_TIME), content).to.be.NaN;
      expect(uidOfStatus(bytes, bytes.length), content).to.be.NaN;
    }
  });
});
