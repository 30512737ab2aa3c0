import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { lockProgram, programMappings } from '#src/kernel/lock-program.js';
import type { Libc } from '#src/native/libc.js';

const MAPS = [
  '00400000-00b74000 r--p 00000000 fd:00 1571 /usr/bin/node',
  '00b74000-025f8000 r-xp 00774000 fd:00 1571 /usr/bin/node',
  '05640000-05643000 r--p 05040000 fd:00 1571 /usr/bin/node',
  '05643000-0565f000 rw-p 05043000 fd:00 1571 /usr/bin/node',
  '7f0000000000-7f0000021000 rw-p 00000000 00:00 0 ',
  '7f2000000000-7f2000040000 r-xp 00000000 00:00 0 ',
  '7f3000000000-7f3000001000 r--p 00000000 fd:00 99 /usr/lib/libc.so.6',
  '7ffc1000-7ffc3000 r-xp 00000000 00:00 0 [vdso]',
  '',
].join('\n');

describe('the program that is kept in memory', () => {
  it('is what is mapped from files and can not be written, and nothing of the heap', () => {
    expect(programMappings(MAPS).map(({ address }) => address.toString(16))).to.deep.equal([
      '400000',
      'b74000',
      '5640000',
      '7f3000000000',
    ]);
    expect(programMappings(MAPS)[0]?.bytes).to.equal(0x774000);
  });

  it('has the text of Node in it', () => {
    const bytes = programMappings(readFileSync('/proc/self/maps', 'latin1')).reduce(
      (sum, mapping) => sum + mapping.bytes,
      0,
    );
    expect(bytes).to.be.greaterThan(20 << 20);
  });

  it('that may not be locked is told, and nothing more is tried', () => {
    const tried: number[] = [];
    const libc = {
      lockOnFault: (address: number) => {
        tried.push(address);
        return { error: 'ENOMEM' };
      },
    } as unknown as Libc;
    expect(lockProgram(libc, MAPS)).to.equal('mlock2: ENOMEM');
    expect(tried).to.deep.equal([0x400000]);
  });
});
