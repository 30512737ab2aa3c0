import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { MonitorError } from '@memory-monitor/core';
import { expect } from 'chai';

import { MachineMemoryReader } from '#src/machine-memory.js';
import { ProcReader } from '#src/proc/proc-reader.js';
import { FakeProc } from './support/fake-proc.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const MB = 1024 ** 2;
const MACHINE = { totalBytes: 1000 * MB, availableBytes: 600 * MB, usedBytes: 400 * MB };
const V1_LINES = ['11:cpu,cpuacct:/', '1:name=systemd:/'];

describe('the memory of the machine', () => {
  const directory = useTemporaryDirectory();
  let proc: FakeProc;
  let groups: FakeProc;

  beforeEach(() => {
    for (const name of ['proc', 'cgroup']) {
      mkdirSync(join(directory(), name));
    }
    proc = new FakeProc(join(directory(), 'proc'));
    groups = new FakeProc(join(directory(), 'cgroup'));
    proc.write('meminfo', `MemTotal: ${1000 * 1024} kB\nMemAvailable: ${600 * 1024} kB\n`);
    proc.write('self/cgroup', '0::/\n');
  });

  const reader = () => new MachineMemoryReader(new ProcReader(), proc.root, groups.root);
  const read = () => reader().read();

  const limitV2 = (limit: string, usedMb: number, inactiveMb: number): void => {
    groups.write('memory.max', `${limit}\n`);
    groups.write('memory.current', `${usedMb * MB}\n`);
    groups.write('memory.stat', `anon 1\nactive_file 7\ninactive_file ${inactiveMb * MB}\n`);
  };

  it('is what meminfo says', () => {
    expect(read()).to.deep.equal(MACHINE);
  });

  it('can not be told without MemTotal', () => {
    for (const meminfo of ['', 'MemFree: 5 kB\n', 'garbage']) {
      proc.write('meminfo', meminfo);
      expect(read).to.throw(MonitorError, 'has no MemTotal').with.property('code', 'MM_ERR_MEMINFO');
    }
    proc.remove('meminfo');
    expect(read).to.throw(MonitorError);
  });

  it('is read anew each time', () => {
    const memory = reader();
    memory.read();
    proc.write('meminfo', 'MemTotal: 4096 kB\nMemAvailable: 1024 kB\n');
    expect(memory.read()).to.deep.equal({ totalBytes: 4 * MB, availableBytes: MB, usedBytes: 3 * MB });
  });

  it('has swap where meminfo tells of it', () => {
    proc.write(
      'meminfo',
      `MemTotal: ${1000 * 1024} kB\nMemAvailable: ${600 * 1024} kB\nSwapTotal: 2048 kB\nSwapFree: 1024 kB\n`,
    );
    expect(read()).to.deep.equal({ ...MACHINE, swapTotalBytes: 2 * MB, swapFreeBytes: MB });
  });

  describe('with ZFS', () => {
    const arc = (figures: Readonly<Record<string, number>>): void => {
      const lines = Object.entries(figures).map(([key, mb]) => `${key.padEnd(31)} 4    ${mb * MB}`);
      proc.write(
        'spl/kstat/zfs/arcstats',
        ['9 1 0x01 123 33456 77 88', 'name type data', ...lines, ''].join('\n'),
      );
    };

    it('counts as available what the cache can shrink by', () => {
      arc({ size: 300, c_min: 100 });
      expect(read()).to.include({ availableBytes: 800 * MB, usedBytes: 200 * MB });
    });

    it('leaves out what is in slabs, which MemAvailable has already', () => {
      arc({
        size: 300,
        c_min: 100,
        c: 300,
        data_size: 40,
        metadata_size: 20,
        hdr_size: 140,
        dnode_size: 100,
      });
      expect(read()).to.include({ availableBytes: 660 * MB });
    });

    it('counts nothing of a cache at its least size, or below', () => {
      arc({ size: 90, c_min: 100, data_size: 80, metadata_size: 5 });
      expect(read()).to.include({ availableBytes: 600 * MB });
    });

    it('never has more than everything available', () => {
      arc({ size: 900, c_min: 100 });
      expect(read()).to.include({ availableBytes: 1000 * MB, usedBytes: 0 });
    });

    it('does without figures that make no sense', () => {
      proc.write('spl/kstat/zfs/arcstats', 'size 4 many\nc_min 4 100\n');
      expect(read()).to.deep.equal(MACHINE);
    });

    it('notices when it is loaded later', () => {
      const memory = reader();
      memory.read();
      arc({ size: 300, c_min: 100 });
      expect(memory.read()).to.include({ availableBytes: 800 * MB });
    });

    it('counts for the machine only: the cache is not charged to a container', () => {
      arc({ size: 300, c_min: 100 });
      limitV2(String(500 * MB), 300, 50);
      expect(read()).to.include({ availableBytes: 250 * MB });
    });
  });

  describe('under pressure', () => {
    const psi = (some: string, full: string): string =>
      `some avg10=${some} avg60=1.50 avg300=0.10 total=5\nfull avg10=${full} avg60=0.25 avg300=0.00 total=3\n`;

    it('is what the kernel tells of stalls', () => {
      proc.write('pressure/memory', psi('12.34', '3.00'));
      expect(reader().readPressure()).to.deep.equal({
        someAvg10: 12.34,
        someAvg60: 1.5,
        fullAvg10: 3,
        fullAvg60: 0.25,
      });
    });

    it("is the container's own", () => {
      proc.write('pressure/memory', psi('90.00', '80.00'));
      limitV2(String(500 * MB), 300, 50);
      groups.write('memory.pressure', psi('1.00', '0.50'));
      expect(reader().readPressure()).to.include({ someAvg10: 1, fullAvg10: 0.5 });
    });

    it('is not known where the kernel does not tell', () => {
      expect(reader().readPressure()).to.equal(undefined);
      proc.write('pressure/memory', 'some avg10=lots\n');
      expect(reader().readPressure()).to.equal(undefined);
    });

    it('is not known in a container of version 1, of which the machine’s figures say nothing', () => {
      proc.write('pressure/memory', psi('90.00', '80.00'));
      proc.write('self/cgroup', [...V1_LINES, '5:memory:/', '0::/', ''].join('\n'));
      expect(reader().readPressure()).to.equal(undefined);
    });
  });

  describe('in a container of version 2', () => {
    it('has the swap of the container, and no more free than the machine has', () => {
      proc.write(
        'meminfo',
        `MemTotal: ${1000 * 1024} kB\nMemAvailable: 9 kB\nSwapTotal: ${800 * 1024} kB\nSwapFree: ${300 * 1024} kB\n`,
      );
      limitV2(String(500 * MB), 300, 50);
      groups.write('memory.swap.max', `${200 * MB}\n`);
      groups.write('memory.swap.current', `${50 * MB}\n`);
      expect(read()).to.include({ swapTotalBytes: 200 * MB, swapFreeBytes: 150 * MB });
      groups.write('memory.swap.max', 'max\n');
      expect(read()).to.include({ swapTotalBytes: 800 * MB, swapFreeBytes: 300 * MB });
      groups.remove('memory.swap.current');
      expect(read()).to.not.have.property('swapTotalBytes');
    });

    it("is the container's limit, and the cache that it can give back is available", () => {
      limitV2(String(500 * MB), 300, 50);
      expect(read()).to.deep.equal({ totalBytes: 500 * MB, availableBytes: 250 * MB, usedBytes: 250 * MB });
    });

    it('is the machine’s without a limit, or with one that is larger', () => {
      limitV2('max', 300, 50);
      expect(read()).to.deep.equal(MACHINE);
      limitV2(String(2000 * MB), 300, 50);
      expect(read()).to.deep.equal(MACHINE);
    });

    it('follows a limit that changes', () => {
      limitV2('max', 300, 0);
      const memory = reader();
      expect(memory.read()).to.deep.equal(MACHINE);
      limitV2(String(400 * MB), 300, 0);
      expect(memory.read()).to.deep.equal({
        totalBytes: 400 * MB,
        availableBytes: 100 * MB,
        usedBytes: 300 * MB,
      });
    });

    it('never has less than nothing available, nor more than everything', () => {
      limitV2(String(500 * MB), 510, 0);
      expect(read()).to.include({ availableBytes: 0, usedBytes: 500 * MB });
      limitV2(String(500 * MB), 10, 700);
      expect(read()).to.include({ availableBytes: 500 * MB, usedBytes: 0 });
    });

    it('does without memory.stat', () => {
      limitV2(String(500 * MB), 300, 50);
      groups.remove('memory.stat');
      expect(read()).to.include({ availableBytes: 200 * MB });
    });

    it('is the machine’s if what is used can not be read', () => {
      limitV2(String(500 * MB), 300, 50);
      groups.remove('memory.current');
      expect(read()).to.deep.equal(MACHINE);
    });
  });

  describe('in a container of version 1', () => {
    beforeEach(() => {
      proc.write('self/cgroup', [...V1_LINES, '5:memory:/', '0::/', ''].join('\n'));
      groups.write('memory/memory.limit_in_bytes', `${500 * MB}\n`);
      groups.write('memory/memory.usage_in_bytes', `${300 * MB}\n`);
      groups.write('memory/memory.stat', `inactive_file 3\ntotal_inactive_file ${50 * MB}\n`);
    });

    it("is the container's limit", () => {
      expect(read()).to.include({ totalBytes: 500 * MB });
    });

    it('counts the cache of the groups inside as available, too', () => {
      expect(read()).to.include({ availableBytes: 250 * MB });
    });

    it('is the machine’s without a limit, which is a very large number', () => {
      groups.write('memory/memory.limit_in_bytes', '9223372036854771712\n');
      expect(read()).to.deep.equal(MACHINE);
    });
  });

  describe("never is the limit of the monitor's own service", () => {
    beforeEach(() => {
      // What a path without the group's own would find, if the limit were looked for where it does not stand.
      limitV2(String(100 * MB), 50, 0);
      groups.write('memory/memory.limit_in_bytes', `${100 * MB}\n`);
      groups.write('memory/memory.usage_in_bytes', `${50 * MB}\n`);
    });

    const ownGroups: Readonly<Record<string, string>> = {
      'version 2': '0::/system.slice/memory-monitor.service\n',
      'version 1': [...V1_LINES, '5:memory:/system.slice/memory-monitor.service', ''].join('\n'),
      'both, memory in version 1': [...V1_LINES, '5:memory:/a/b', '0::/system.slice/x.service', ''].join(
        '\n',
      ),
      'a file that says nothing': '',
    };
    for (const [title, text] of Object.entries(ownGroups)) {
      it(`(${title})`, () => {
        proc.write('self/cgroup', text);
        expect(read()).to.deep.equal(MACHINE);
      });
    }
  });
});
