import { freemem, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { LinuxProcessSource } from '#src/process-source.js';
import { parseMeminfo } from '#src/proc/meminfo.js';

/** What other processes may take or give back between two readings. */
const SLACK_BYTES = 512 * 1024 ** 2;

describe('the memory of this machine', () => {
  it('is that of meminfo, or of a container within it', () => {
    const { totalBytes, availableBytes, usedBytes } = new LinuxProcessSource().readMemory();
    const meminfo = parseMeminfo(readFileSync('/proc/meminfo', 'utf8'))!;
    expect(meminfo.totalBytes).to.equal(totalmem());
    expect(totalBytes).to.be.within(1, meminfo.totalBytes);
    expect(usedBytes).to.equal(totalBytes - availableBytes);
    if (totalBytes === meminfo.totalBytes) {
      expect(availableBytes).to.be.closeTo(freemem(), SLACK_BYTES);
    }
  });
});
