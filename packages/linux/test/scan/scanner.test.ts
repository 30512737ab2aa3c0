import { MonitorError } from '@memory-monitor/core';
import { readdirSync } from 'node:fs';

import { expect } from 'chai';

import { PAGE_BYTES } from '#src/proc/page-size.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { sampleOf, samplesOf } from '../support/columns.js';
import { FakeProc, PF_KTHREAD, statmLine, statusText } from '../support/fake-proc.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const SCANS_PER_REREAD = 32;

describe('a scan', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let source: LinuxProcessSource;

  beforeEach(() => {
    proc = new FakeProc(directory());
    source = new LinuxProcessSource(proc.root);
  });

  const pids = (): number[] => samplesOf(source.scan()).map(({ pid }) => pid);

  /** The first scan, counted from 1, whose sample of the PID satisfies `isIt`. */
  const scanUntil = (pid: number, isIt: (sample: ReturnType<typeof sampleOf>) => boolean): number => {
    for (let scan = 1; scan <= SCANS_PER_REREAD; scan += 1) {
      if (isIt(sampleOf(source.scan(), pid))) {
        return scan;
      }
    }
    throw new Error(`not within ${SCANS_PER_REREAD} scans`);
  };

  it('takes memory from statm in pages, and who it is from stat and status', () => {
    proc.add({ pid: 42, startTime: 777, uid: 1001, residentPages: 561, sharedPages: 389 });
    expect(samplesOf(source.scan())).to.deep.equal([
      { pid: 42, startTime: 777, uid: 1001, rssBytes: 561 * PAGE_BYTES, sharedBytes: 389 * PAGE_BYTES },
    ]);
  });

  it('reads the memory anew each time', () => {
    proc.add({ pid: 42, residentPages: 10 });
    source.scan();
    proc.write('42/statm', statmLine({ pid: 42, residentPages: 20 }));
    expect(sampleOf(source.scan(), 42)?.rssBytes).to.equal(20 * PAGE_BYTES);
  });

  it('of nothing is empty', () => {
    expect(source.scan()).to.include({ count: 0, unreadable: 0 });
  });

  it('fails where the processes can not be listed', () => {
    const absent = new LinuxProcessSource(`${directory()}/absent`);
    expect(() => absent.scan())
      .to.throw(MonitorError, 'can not be listed')
      .with.property('code', 'MM_ERR_PROC_UNREADABLE');
  });

  describe('over a process whose statm has become malformed', () => {
    for (const statm of ['', '\n', '5', '5 ', '5 6', '5 6 ', 'x 5 6 7', '-1 -2 -3 -4\n', '5 6 7']) {
      it(`(${JSON.stringify(statm)}) does not give it the figures of the one before`, () => {
        for (const pid of [41, 42, 43]) {
          proc.add({ pid, residentPages: 1_000_000, sharedPages: 500_000 });
        }
        expect(pids()).to.deep.equal([41, 42, 43]);
        proc.write('42/statm', statm);
        expect(pids()).to.deep.equal([41, 43]);
        expect(source.inspect({ pid: 42, startTime: 100 })).to.equal(undefined);
        expect(source.inspect({ pid: 41, startTime: 100 })?.rssBytes).to.equal(1_000_000 * PAGE_BYTES);
      });
    }
  });

  it('sees the memory of a process whose first thread has ended at another thread', () => {
    proc.add({ pid: 42, state: 'Z', threads: 3, residentPages: 0, sharedPages: 0 });
    proc.write('42/task/42/statm', '0 0 0 0 0 0 0\n');
    // One that has ended as well, and waits for a tracer.
    proc.write('42/task/43/statm', '0 0 0 0 0 0 0\n');
    proc.write('42/task/44/statm', statmLine({ pid: 44, residentPages: 700, sharedPages: 70 }));
    proc.write('42/task/44/status', statusText({ pid: 44 }));
    expect(sampleOf(source.scan(), 42)).to.include({
      rssBytes: 700 * PAGE_BYTES,
      sharedBytes: 70 * PAGE_BYTES,
    });
    expect(source.inspect({ pid: 42, startTime: 100 })).to.include({ rssBytes: 700 * PAGE_BYTES });
  });

  for (const statm of [undefined, '', '9', '9 8', '9 8 x\n']) {
    it(`gives no false figures if that thread's statm is ${JSON.stringify(statm)}`, () => {
      proc.add({ pid: 41, residentPages: 1_000_000 });
      proc.add({ pid: 42, state: 'Z', threads: 3, residentPages: 0, sharedPages: 0 });
      proc.write('42/task/44/status', statusText({ pid: 44 }));
      if (statm !== undefined) {
        proc.write('42/task/44/statm', statm);
      }
      expect(sampleOf(source.scan(), 42)?.rssBytes ?? 0).to.equal(0);
      expect(source.inspect({ pid: 42, startTime: 100 })?.rssBytes ?? 0).to.equal(0);
    });
  }

  describe('of a process whose first thread has ended, with 899 more that have and one that has not', () => {
    const BY_THE_LIVE_ONE = { rssBytes: 700 * PAGE_BYTES };
    let threads: readonly string[];
    beforeEach(() => {
      proc.add({ pid: 42, state: 'Z', threads: 901, residentPages: 0, sharedPages: 0 });
      for (let tid = 42; tid < 943; tid += 1) {
        proc.write(`42/task/${tid}/statm`, '0 0 0 0 0 0 0\n');
      }
      threads = readdirSync(`${proc.root}/42/task`);
    });
    const revive = (tid: string | undefined): void => {
      proc.write(`42/task/${tid}/statm`, statmLine({ pid: 42, residentPages: 700 }));
      proc.write(`42/task/${tid}/status`, statusText({ pid: 42 }));
    };
    const end = (tid: string | undefined): void => {
      proc.write(`42/task/${tid}/statm`, '0 0 0 0 0 0 0\n');
    };

    for (const index of [0, -1]) {
      it(`sees the memory at once where that is the ${index === 0 ? 'first' : 'last'} of the list`, () => {
        revive(threads.at(index));
        expect(sampleOf(source.scan(), 42)).to.include(BY_THE_LIVE_ONE);
        expect(source.inspect({ pid: 42, startTime: 100 })).to.include(BY_THE_LIVE_ONE);
      });
    }

    it('sees the memory within a few scans wherever that is, and then in each scan and each inspection', () => {
      for (let index = 0; index < threads.length; index += 37) {
        const [tid, fresh] = [threads.at(index), new LinuxProcessSource(proc.root)];
        revive(tid);
        const scans = Array.from({ length: 10 }, () => sampleOf(fresh.scan(), 42)?.rssBytes);
        expect(scans.slice(7), tid).to.deep.equal([700, 700, 700].map((pages) => pages * PAGE_BYTES));
        expect(fresh.inspect({ pid: 42, startTime: 100 })).to.include(BY_THE_LIVE_ONE);
        end(tid);
      }
    });

    it('counts it as unreadable as long as no live one has been met, and not as one without memory', () => {
      expect(source.scan()).to.include({ count: 0, unreadable: 1 });
      expect(source.inspect({ pid: 42, startTime: 100 })).to.equal(undefined);
      revive(threads.at(-1));
      expect(source.scan()).to.include({ count: 1, unreadable: 0 });
    });

    it('goes on to look once the one that it has met has ended', () => {
      revive(threads.at(0));
      expect(sampleOf(source.scan(), 42)).to.include(BY_THE_LIVE_ONE);
      end(threads.at(0));
      revive(threads.at(-1));
      expect(sampleOf(source.scan(), 42)).to.include(BY_THE_LIVE_ONE);
    });
  });

  it('shows a zombie without memory, and an inspection shows none', () => {
    proc.add({ pid: 42, state: 'Z', residentPages: 0, sharedPages: 0 });
    expect(sampleOf(source.scan(), 42)?.rssBytes).to.equal(0);
    expect(source.inspect({ pid: 42, startTime: 100 })).to.equal(undefined);
    expect(source.inspector.isAlive({ pid: 42, startTime: 100 })).to.equal(false);
  });

  it('shows a kernel thread without memory, and says what it is', () => {
    proc.add({ pid: 2, flags: PF_KTHREAD, residentPages: 0, sharedPages: 0 });
    expect(sampleOf(source.scan(), 2)?.rssBytes).to.equal(0);
    expect(source.inspect({ pid: 2, startTime: 100 })?.isKernelThread).to.equal(true);
  });

  describe('notices', () => {
    it('that a process has gone', () => {
      proc.add({ pid: 42 });
      proc.add({ pid: 43 });
      expect(pids()).to.deep.equal([42, 43]);
      proc.remove(42);
      expect(pids()).to.deep.equal([43]);
    });

    it('at once who comes back under a PID that was free for one scan', () => {
      proc.add({ pid: 42, startTime: 100, uid: 1 });
      source.scan();
      proc.remove(42);
      source.scan();
      proc.add({ pid: 42, startTime: 200, uid: 2 });
      expect(sampleOf(source.scan(), 42)).to.include({ startTime: 200, uid: 2 });
    });

    it('who has taken over a PID within 32 scans', () => {
      proc.add({ pid: 42, startTime: 100, uid: 1 });
      source.scan();
      proc.add({ pid: 42, startTime: 200, uid: 2 });
      scanUntil(42, (sample) => sample?.startTime === 200 && sample.uid === 2);
    });

    for (const [before, after, how] of [
      [50, 101, 'more than twice as large'],
      [50, 24, 'less than half as large'],
      [20_000, 28_300, 'more than 32 MB larger'],
      [28_300, 20_000, 'more than 32 MB smaller'],
    ] as const) {
      it(`at once who has taken over a PID, if that is ${how}`, () => {
        proc.add({ pid: 42, startTime: 100, uid: 1, residentPages: before });
        source.scan();
        source.scan();
        proc.add({ pid: 42, startTime: 200, uid: 2, residentPages: after });
        expect(sampleOf(source.scan(), 42)).to.include({ startTime: 200, uid: 2 });
      });
    }

    it('at once who has taken over a PID and has more than 1 % of the RAM, as the one before had', () => {
      proc.write('meminfo', `MemTotal: ${(50 * PAGE_BYTES * 99) / 1024} kB\n`);
      source.readMemory();
      proc.add({ pid: 42, startTime: 100, uid: 1, residentPages: 50 });
      source.scan();
      source.scan();
      proc.add({ pid: 42, startTime: 200, uid: 2, residentPages: 50 });
      expect(sampleOf(source.scan(), 42)).to.include({ startTime: 200, uid: 2 });
    });

    it('that a process has gone which has grown, and takes no figures of another for its own', () => {
      proc.add({ pid: 42 });
      source.scan();
      source.scan();
      proc.write('42/statm', statmLine({ pid: 42, residentPages: 1000 }));
      proc.write('42/stat', 'garbage');
      expect(pids()).to.deep.equal([]);
    });

    it('no more than the memory of a process that is about as large as it was: it reads nothing else', () => {
      proc.add({ pid: 42, residentPages: 50 });
      source.scan();
      source.scan();
      proc.write('42/stat', 'garbage');
      for (const residentPages of [60, 90, 30]) {
        proc.write('42/statm', statmLine({ pid: 42, residentPages }));
        expect(sampleOf(source.scan(), 42)?.rssBytes).to.equal(residentPages * PAGE_BYTES);
      }
    });

    it('who has taken over a PID in the next scan, once the one before was looked for in vain', () => {
      for (let pid = 42; pid < 42 + SCANS_PER_REREAD; pid += 1) {
        proc.add({ pid, startTime: 100, uid: 1 });
        source.scan();
        proc.add({ pid, startTime: 200, uid: 2 });
        expect(source.inspect({ pid, startTime: 100 })).to.equal(undefined);
        expect(sampleOf(source.scan(), pid)).to.include({ startTime: 200, uid: 2 });
        expect(source.inspect({ pid, startTime: 200 })).to.include({ startTime: 200, uid: 2 });
      }
    });

    it('another uid within 32 scans', () => {
      proc.add({ pid: 42, uid: 1000 });
      source.scan();
      proc.write('42/status', statusText({ pid: 42, uid: 2000 }));
      scanUntil(42, (sample) => sample?.uid === 2000);
    });

    it('at once the uid that a look at the process has shown', () => {
      proc.add({ pid: 42, uid: 0, startTime: 777 });
      source.scan();
      source.scan();
      proc.write('42/status', statusText({ pid: 42, uid: 2000 }));
      expect(source.inspect({ pid: 42, startTime: 777 })?.uid).to.equal(2000);
      expect(sampleOf(source.scan(), 42)?.uid).to.equal(2000);
    });

    it('at once the memory of a process that has the PID of a kernel thread now', () => {
      proc.add({ pid: 42, flags: PF_KTHREAD, residentPages: 0 });
      source.scan();
      proc.add({ pid: 42, startTime: 200, residentPages: 500 });
      const { count, pid, rssBytes } = source.scan();
      expect(rssBytes[pid.subarray(0, count).indexOf(42)]).to.equal(500 * PAGE_BYTES);
    });

    it('that status has become unreadable within 32 scans, and takes no uid on trust then', () => {
      proc.add({ pid: 42, uid: 1000 });
      source.scan();
      proc.write('42/status', '');
      scanUntil(42, (sample) => sample === undefined);
    });
  });
});
