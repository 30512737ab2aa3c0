import { expect } from 'chai';

import { ProcReader } from '#src/proc/proc-reader.js';
import { HeldStatm } from '#src/scan/held-statm.js';
import { ProcessTable } from '#src/scan/process-table.js';
import { FakeProc } from '../support/fake-proc.js';
import { IN_MEMORY, useTemporaryDirectory } from '../support/temporary-directory.js';

describe('the table of processes', () => {
  const directory = useTemporaryDirectory(IN_MEMORY);
  let proc: FakeProc;
  let table: ProcessTable;

  beforeEach(() => {
    proc = new FakeProc(directory());
    const reader = new ProcReader();
    table = new ProcessTable(reader, proc.root, new HeldStatm(reader, () => 0));
  });

  const meet = (pid: number, scan: number): void => {
    const entry = table.find(pid, false);
    if (entry !== undefined) {
      entry.seenInScan = scan;
    }
  };

  it('drops whoever a scan has not met', () => {
    for (let pid = 2; pid < 1002; pid += 1) {
      proc.add({ pid });
      meet(pid, 1);
    }
    expect(table.size).to.equal(1000);
    meet(500, 2);
    table.sweep(2);
    expect(table.size).to.equal(1);
  });

  it('holds nobody who could not be read', () => {
    meet(42, 1);
    proc.write('42/stat', 'garbage');
    meet(42, 1);
    expect(table.size).to.equal(0);
  });

  it('reads who is known again only when told to, but for the second time', () => {
    proc.add({ pid: 42, startTime: 100, uid: 0 });
    expect(table.find(42, false)?.uid).to.equal(0);
    proc.add({ pid: 42, startTime: 100, uid: 1000 });
    expect(table.find(42, false)?.uid).to.equal(1000);
    proc.add({ pid: 42, startTime: 200, uid: 2000 });
    expect(table.find(42, false)?.uid).to.equal(1000);
    expect(table.find(42, true)).to.include({ startTime: 200, uid: 2000 });
  });

  it('reads a successor for the second time too', () => {
    proc.add({ pid: 42, startTime: 100 });
    table.find(42, false);
    table.find(42, false);
    proc.add({ pid: 42, startTime: 200, uid: 0 });
    expect(table.find(42, true)?.uid).to.equal(0);
    proc.add({ pid: 42, startTime: 200, uid: 1000 });
    expect(table.find(42, false)?.uid).to.equal(1000);
  });

  it('drops who can not be read again', () => {
    proc.add({ pid: 42 });
    table.find(42, false);
    proc.remove('42/status');
    expect(table.find(42, true)).to.equal(undefined);
    expect(table.size).to.equal(0);
  });
});
