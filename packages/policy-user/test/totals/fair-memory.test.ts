import { BYTES_PER_GB, type ProcessSample } from '@memory-monitor/core';
import { FakeClock } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { FairMemory } from '#src/totals/fair-memory.js';

const MB = BYTES_PER_GB / 1024;

interface Household {
  readonly count: number;
  readonly rssMb: number;
  readonly sharedMb?: number;
  readonly pssMb?: number | undefined;
}

/** Memory of so many processes that are all alike, on a machine that counts what is read. */
class FakeHousehold {
  readonly clock = new FakeClock();
  readonly read: number[] = [];
  readonly processes: ProcessSample[];
  readonly memory: FairMemory;

  constructor({ count, rssMb, sharedMb = 0, pssMb }: Household) {
    this.processes = Array.from({ length: count }, (_, pid) => ({
      pid,
      startTime: 1,
      uid: 1001,
      rssBytes: rssMb * MB,
      sharedBytes: sharedMb * MB,
    }));
    const inspectSlowly = async ({ pid }: { readonly pid: number }) => {
      this.read.push(pid);
      const pssBytes = pssMb === undefined ? undefined : pssMb * MB;
      return await Promise.resolve({ commandLine: undefined, pssBytes });
    };
    this.memory = new FairMemory({ inspectSlowly }, this.clock);
  }

  /** What a scan makes of it, in MB. */
  async scan(limitMb: number): Promise<{ readonly usedMb: number; readonly isProven: boolean }> {
    this.memory.beginScan(() => this.processes);
    const { usedBytes, isProven } = await this.memory.total(this.processes, [limitMb * MB], 300);
    return { usedMb: Math.round(usedBytes / MB), isProven };
  }
}

describe('memory that processes share', () => {
  it('is not read where all of it together is below the limit', async () => {
    const household = new FakeHousehold({ count: 10, rssMb: 100 });
    expect(await household.scan(1000)).to.deep.equal({ usedMb: 1000, isProven: true });
    expect(household.read).to.deep.equal([]);
  });

  it('counts once after a fork, though the kernel calls it private', async () => {
    const household = new FakeHousehold({ count: 40, rssMb: 200, pssMb: 6 });
    expect(await household.scan(2000)).to.include({ usedMb: 240, isProven: true });
  });

  it('counts once after a fork of more processes than one scan reads', async () => {
    const household = new FakeHousehold({ count: 1000, rssMb: 200, pssMb: 1 });
    expect(await household.scan(2000)).to.deep.equal({ usedMb: 1000, isProven: false });
  });

  it('is found in the end where many processes have a little of their own each, at long intervals too', async () => {
    for (const intervalMs of [30_000, 300_000, 3000]) {
      const household = new FakeHousehold({ count: 100, rssMb: 6, sharedMb: 6, pssMb: 5 });
      const seen = [];
      for (let scan = 0; scan < 4; scan += 1) {
        seen.push(await household.scan(450));
        await household.clock.advance(intervalMs);
      }
      expect(seen.at(-1)).to.include({ isProven: true });
      expect(seen.at(-1)?.usedMb).to.be.within(451, 500);
    }
  });

  it('is read of all in turn, of no more than 48 at a scan', async () => {
    const household = new FakeHousehold({ count: 1000, rssMb: 5, pssMb: 2 });
    for (let scan = 0; scan < 21; scan += 1) {
      await household.scan(2500);
      await household.clock.advance(30_000);
    }
    expect(household.read.length).to.equal(21 * 48);
    expect(new Set(household.read).size).to.equal(1000);
  });

  it('counts by what is private where it can not be read', async () => {
    const household = new FakeHousehold({ count: 10, rssMb: 100, sharedMb: 30 });
    expect(await household.scan(800)).to.deep.equal({ usedMb: 700, isProven: false });
  });

  it('counts as it was read last, and what has grown since', async () => {
    const household = new FakeHousehold({ count: 1, rssMb: 100, pssMb: 40 });
    await household.scan(90);
    household.processes[0] = { ...household.processes[0]!, rssBytes: 150 * MB };
    expect(household.memory.bytesOf(household.processes[0]) / MB).to.equal(90);
  });
});
