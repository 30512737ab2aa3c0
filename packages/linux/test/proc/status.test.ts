import { expect } from 'chai';
import fc from 'fast-check';

import { parseStatus } from '#src/proc/status.js';
import { statusText } from '../support/fake-proc.js';

const without = (text: Buffer, key: string): Buffer =>
  Buffer.from(text.toString('latin1').replace(new RegExp(`^${key}:.*\n`, 'm'), ''), 'latin1');

describe('a status file', () => {
  it('gives the real owner and the parts of the memory', () => {
    expect(parseStatus(statusText({ pid: 42, uid: 1001, gid: 1002 }))).to.deep.equal({
      uid: 1001,
      gid: 1002,
      anonymousBytes: 100 * 1024,
      fileBytes: 200 * 1024,
      sharedMemoryBytes: 100 * 1024,
      swapBytes: 8 * 1024,
    });
  });

  it('gives the real uid, not the effective one', () => {
    const text = statusText({ pid: 42 })
      .toString()
      .replace(/^Uid:.*$/m, 'Uid:\t1000\t0\t0\t0');
    expect(parseStatus(Buffer.from(text))?.uid).to.equal(1000);
  });

  it('is not fooled by a name that poses as other lines', () => {
    for (const comm of ['x\nUid:\t0\t0\t0\t0', '\nUid:\t0', 'Uid:\t0', 'RssAnon:\t9 kB', '\\\nGid:\t0\n']) {
      expect(
        parseStatus(statusText({ pid: 42, uid: 1001, gid: 1002, comm })),
        JSON.stringify(comm),
      ).to.include({ uid: 1001, gid: 1002, anonymousBytes: 100 * 1024 });
    }
  });

  it('tells who holds the process by tracing it, and nobody who traces it while it runs', () => {
    const heldBy = (state: string, tracerPid: number) =>
      parseStatus(statusText({ pid: 42, state, tracerPid }))?.heldByPid;
    expect(heldBy('t', 77)).to.equal(77);
    expect(heldBy('S', 77)).to.equal(undefined);
    expect(heldBy('T', 0)).to.equal(undefined);
    // One outside of the PID namespace that `/proc` belongs to.
    expect(heldBy('t', 0)).to.equal(undefined);
  });

  it('is read right whatever the name', () => {
    const comms = fc.uint8Array({ min: 1, max: 255, maxLength: 15 });
    fc.assert(
      fc.property(comms, fc.nat(0xfffffffe), (comm, uid) => {
        expect(parseStatus(statusText({ pid: 42, uid, comm: Buffer.from(comm) }))?.uid).to.equal(uid);
      }),
    );
  });

  it('is read right for a member of 65,536 groups', () => {
    const groups = Array.from({ length: 65_536 }, (_, index) => 4_000_000_000 + index).join(' ');
    const text = statusText({ pid: 42, uid: 1001 })
      .toString('latin1')
      .replace(/^Groups:.*$/m, `Groups:\t${groups} `);
    expect(parseStatus(Buffer.from(text, 'latin1'))).to.include({ uid: 1001, anonymousBytes: 100 * 1024 });
  });

  it('counts memory lines that are not there as none, as a kernel thread has them', () => {
    const text = ['VmRSS', 'RssAnon', 'RssFile', 'RssShmem', 'VmSwap'].reduce(
      without,
      statusText({ pid: 42 }),
    );
    expect(parseStatus(text)).to.deep.equal({
      uid: 1000,
      gid: 1000,
      anonymousBytes: 0,
      fileBytes: 0,
      sharedMemoryBytes: 0,
      swapBytes: 0,
    });
  });

  it('means nothing without an owner', () => {
    const whole = statusText({ pid: 42 });
    expect(parseStatus(without(whole, 'Uid'))).to.equal(undefined);
    expect(parseStatus(without(whole, 'Gid'))).to.equal(undefined);
    for (const text of ['', 'Uid:', '\nUid:\t\nGid:\t\n', '\nUid:\tx\nGid:\ty\n', '\0\0\0']) {
      expect(parseStatus(Buffer.from(text)), JSON.stringify(text)).to.equal(undefined);
    }
  });
});
