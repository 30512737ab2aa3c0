import { readdirSync, readlinkSync } from 'node:fs';

import { expect } from 'chai';

import { LiveThreads } from '#src/proc/live-threads.js';
import { PAGE_BYTES } from '#src/proc/page-size.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { Scanner } from '#src/scan/scanner.js';
import { sampleOf, samplesOf } from '../support/columns.js';
import { FakeProc, statmLine } from '../support/fake-proc.js';
import { nodeRunning, run } from '../support/run.js';
import { IN_MEMORY, useTemporaryDirectory } from '../support/temporary-directory.js';

const RAM = 64 * 1024 ** 3;

describe('held descriptors', () => {
  // Before the directory goes.
  afterEach(() => {
    most = 0;
    scanner.scan(RAM);
    expect(heldPids()).to.deep.equal([]);
  });
  const directory = useTemporaryDirectory(IN_MEMORY);
  let proc: FakeProc;
  let most: number;
  let scanner: Scanner;

  beforeEach(() => {
    proc = new FakeProc(directory());
    most = 0;
    const reader = new ProcReader();
    scanner = new Scanner(reader, proc.root, new LiveThreads(reader, proc.root), () => most);
  });

  /** Of whom this process has `statm` open, whatever the scanner says. */
  const heldPids = (): number[] =>
    readdirSync('/proc/self/fd')
      .flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)];
        } catch {
          return [];
        }
      })
      .filter((path) => path.startsWith(`${proc.root}/`) && path.includes('statm'))
      .map((path) => Number(path.slice(proc.root.length + 1).split('/')[0]))
      .sort((a, b) => a - b);
  const addAll = (pids: readonly number[], pagesOf: (pid: number) => number): void => {
    for (const pid of pids) {
      proc.add({ pid, residentPages: pagesOf(pid) });
    }
  };
  const pidsFrom = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => first + index);
  const grow = (pid: number, residentPages: number): void => {
    proc.write(`${pid}/statm`, statmLine({ pid, residentPages }));
  };

  it('are those of all processes where there is room, and show what they have now', () => {
    most = 100;
    addAll(pidsFrom(10, 50), (pid) => pid);
    scanner.scan(RAM);
    expect(heldPids()).to.deep.equal(pidsFrom(10, 50));
    grow(42, 4711);
    expect(sampleOf(scanner.scan(RAM), 42)?.rssBytes).to.equal(4711 * PAGE_BYTES);
    expect(heldPids()).to.have.length(50);
  });

  it('are none if none may be held', () => {
    addAll([10, 11], () => 50);
    scanner.scan(RAM);
    expect(heldPids()).to.deep.equal([]);
  });

  it('are closed with the scan that misses a process', () => {
    most = 100;
    addAll(pidsFrom(10, 50), () => 50);
    scanner.scan(RAM);
    for (const pid of pidsFrom(10, 49)) {
      proc.remove(pid);
    }
    scanner.scan(RAM);
    expect(heldPids()).to.deep.equal([59]);
  });

  it('are closed when a process is forgotten', () => {
    most = 100;
    addAll([10, 11], () => 50);
    scanner.scan(RAM);
    scanner.forget(10);
    scanner.learnUid(11, 4711);
    expect(heldPids()).to.deep.equal([]);
  });

  describe('of more processes than may be held', () => {
    const LARGE = pidsFrom(400, 20);

    beforeEach(() => {
      most = 20;
      addAll(pidsFrom(100, 300), (pid) => 10 + (pid % 20));
      addAll(LARGE, (pid) => 1000 + pid);
    });

    it('are those of the largest, though others were met first', () => {
      const { count } = scanner.scan(RAM);
      expect(count).to.equal(320);
      expect(heldPids()).to.deep.equal(LARGE);
      expect(samplesOf(scanner.scan(RAM)).map(({ rssBytes }) => rssBytes / PAGE_BYTES)).to.deep.equal([
        ...pidsFrom(100, 300).map((pid) => 10 + (pid % 20)),
        ...LARGE.map((pid) => 1000 + pid),
      ]);
    });

    it('follow those who grow, and leave those who shrink', () => {
      scanner.scan(RAM);
      grow(150, 100_000);
      grow(405, 5);
      scanner.scan(RAM);
      expect(heldPids()).to.deep.equal([150, ...LARGE.filter((pid) => pid !== 405)]);
    });

    it('stay where they are when others come as near as to a fifth, and the held ones vary', () => {
      scanner.scan(RAM);
      const before = heldPids();
      for (let scan = 0; scan < 50; scan += 1) {
        for (const pid of LARGE) {
          grow(pid, 1000 + pid + ((scan * 37 + pid) % 100));
        }
        grow(100 + scan, 1450 + scan);
        scanner.scan(RAM);
        grow(100 + scan, 20);
      }
      expect(heldPids()).to.deep.equal(before);
    });

    it('go to the next largest when the largest have gone', () => {
      scanner.scan(RAM);
      for (const pid of LARGE) {
        proc.remove(pid);
      }
      scanner.scan(RAM);
      scanner.scan(RAM);
      const held = heldPids();
      expect(held).to.have.length(20);
      expect(held.every((pid) => pid % 20 >= 16)).to.equal(true);
    });

    it('are never more than that while thousands come and go', () => {
      for (let scan = 0; scan < 30; scan += 1) {
        const born = pidsFrom(1000 + scan * 100, 100);
        addAll(born, (pid) => 10 + (pid % 50));
        scanner.scan(RAM);
        expect(heldPids()).to.deep.equal(LARGE);
        for (const pid of born) {
          proc.remove(pid);
        }
      }
      expect(scanner.scan(RAM).count).to.equal(320);
    });

    it('are all of them as soon as there is room', () => {
      scanner.scan(RAM);
      most = 1000;
      scanner.scan(RAM);
      expect(heldPids()).to.have.length(320);
    });
  });

  for (const [former, now] of [
    [100, 10],
    [100, 0],
    [50, 49],
  ] as const) {
    it(`of ${former} are given back, but for those of the largest, when only ${now} may be held`, () => {
      most = former;
      addAll(pidsFrom(10, 50), (pid) => pid * pid);
      scanner.scan(RAM);
      expect(heldPids()).to.have.length(50);
      most = now;
      expect(scanner.scan(RAM).count).to.equal(50);
      expect(heldPids()).to.have.length(now);
      if (now === 10) {
        expect(heldPids()).to.include.members(pidsFrom(54, 6));
      }
      expect(scanner.scan(RAM).count).to.equal(50);
    });
  }

  it('are of no use, and none, where files only look like those of processes', () => {
    addAll([10, 11], () => 50);
    new LinuxProcessSource(proc.root, () => 100).scan();
    expect(heldPids()).to.deep.equal([]);
  });

  it('give way, with the scan going on, to whoever else needs descriptors', () => {
    addAll(pidsFrom(10, 400), (pid) => pid);
    const script = `
      import { openSync, closeSync, readdirSync } from 'node:fs';
      import { LiveThreads } from '#src/proc/live-threads.js';
      import { ProcReader } from '#src/proc/proc-reader.js';
      import { Scanner } from '#src/scan/scanner.js';
      const root = process.env.ROOT;
      const reader = new ProcReader();
      const scanner = new Scanner(reader, root, new LiveThreads(reader, root), () => 4096);
      const open = () => readdirSync('/proc/self/fd').length - 1;
      const counts = { before: open() };
      const scan = () => [scanner.scan(1e12), open() - counts.before].map((it) => it.count ?? it);
      counts.first = scan();
      const others = [];
      try { for (;;) others.push(openSync('/dev/null')); } catch {}
      counts.others = others.length;
      const { count } = scanner.scan(1e12);
      counts.spare = 0;
      try { for (;;) { others.push(openSync('/dev/null')); counts.spare += 1; } } catch {}
      others.forEach((fd) => closeSync(fd));
      counts.during = [count];
      counts.after = Array.from({ length: 5 }, scan).at(-1);
      console.log(JSON.stringify(counts));`;
    const { stdout, stderr } = run('sh', ['-c', 'ulimit -n 700; exec "$@"', 'sh', ...nodeRunning(script)], {
      env: { ...process.env, ROOT: proc.root },
    });
    expect(stderr).to.equal('');
    const counts = JSON.parse(stdout) as Record<string, number[]> & { spare: number };
    // 700, less a reserve of 512.
    expect(counts['first']).to.deep.equal([400, 188]);
    expect(counts['during']).to.deep.equal([400]);
    expect(counts.spare).to.equal(94);
    // They come back when the shortage is over.
    expect(counts['after']).to.deep.equal([400, 188]);
  });
});
