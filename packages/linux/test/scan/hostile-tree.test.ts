import { chmodSync } from 'node:fs';

import { expect } from 'chai';

import { LinuxProcessSource } from '#src/process-source.js';
import { samplesOf } from '../support/columns.js';
import { FakeProc } from '../support/fake-proc.js';
import { buildHostileTree, closeToOthers } from '../support/hostile-tree.js';
import { itWhere } from '../support/it-where.js';
import { lacksRoot } from '../support/lacks.js';
import { IN_MEMORY, useTemporaryDirectory } from '../support/temporary-directory.js';

/** Each process's identity is read again once in so many scans. */
const SCANS_PER_REREAD = 32;

describe('a scan of hostile entries', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory(IN_MEMORY);

  it('sees each of 10,000 as what it is, and none that is malformed', () => {
    const proc = new FakeProc(directory());
    const expected = buildHostileTree(proc, 10_000);
    const source = new LinuxProcessSource(proc.root);
    for (let scan = 0; scan < 3; scan += 1) {
      expect(samplesOf(source.scan())).to.deep.equal(expected);
    }
    expect(expected).to.have.length.greaterThan(2500);
  });

  it('sees the same however often it looks, until every entry was read again', () => {
    const proc = new FakeProc(directory());
    const expected = buildHostileTree(proc, 400);
    const source = new LinuxProcessSource(proc.root);
    for (let scan = 0; scan <= SCANS_PER_REREAD; scan += 1) {
      expect(samplesOf(source.scan()), `scan ${scan}`).to.deep.equal(expected);
    }
  });

  it('inspects none of them as another', () => {
    const proc = new FakeProc(directory());
    const expected = new Map(buildHostileTree(proc, 400).map((sample) => [sample.pid, sample]));
    const source = new LinuxProcessSource(proc.root);
    for (let pid = 1; pid < 410; pid += 1) {
      for (const startTime of [1_000_000 + (pid - 2) * 7, 66]) {
        const inspection = source.inspect({ pid, startTime });
        if (inspection !== undefined) {
          const { uid, rssBytes, sharedBytes } = inspection;
          expect({ pid, startTime, uid, rssBytes, sharedBytes }).to.deep.equal(expected.get(pid));
        }
      }
    }
  });

  it('has room for 20,000', () => {
    const proc = new FakeProc(directory());
    const pids = Array.from({ length: 20_000 }, (_, index) => 10 + index);
    for (const pid of pids) {
      proc.add({ pid, startTime: pid * 2, uid: pid * 3, residentPages: pid });
    }
    const source = new LinuxProcessSource(proc.root);
    const first = source.scan();
    expect(first.count).to.equal(pids.length);
    const samples = samplesOf(source.scan());
    expect(samples.map(({ pid }) => pid)).to.deep.equal(pids);
    expect(samples.map(({ startTime }) => startTime / 2)).to.deep.equal(pids);
    expect(samples.map(({ uid }) => uid / 3)).to.deep.equal(pids);
    expect(samples.map(({ rssBytes }) => rssBytes / samples[0]!.rssBytes)).to.deep.equal(
      pids.map((pid) => pid / 10),
    );
  });

  itWhere(lacksRoot, 'counts those that it must not read', async () => {
    const proc = new FakeProc(directory());
    for (const pid of [10, 11, 12]) {
      proc.add({ pid });
    }
    closeToOthers(proc, 11);
    const source = new LinuxProcessSource(proc.root);
    const { scan, inspection } = asNobody(proc.root, () => ({
      scan: source.scan(),
      inspection: source.inspect({ pid: 11, startTime: 100 }),
    }));
    expect(samplesOf(scan).map(({ pid }) => pid)).to.deep.equal([10, 12]);
    expect(scan.unreadable).to.equal(1);
    expect(inspection).to.equal(undefined);
  });
});

/** Root may read everything: for so long it is not. */
function asNobody<T>(directory: string, work: () => T): T {
  chmodSync(directory, 0o755);
  process.seteuid!(65_534);
  try {
    return work();
  } finally {
    process.seteuid!(0);
  }
}
