import { BYTES_PER_GB, type MachineMemory, type MemoryPressure } from '@memory-monitor/core';
import { expect } from 'chai';
import fc from 'fast-check';
import * as v from 'valibot';

import { configSchema } from '#src/config.js';
import { ShortageWatch, type Shortage } from '#src/levels/shortage.js';

const GB = BYTES_PER_GB;
const TOTAL = 100;
const CALM: MemoryPressure = { someAvg10: 0, someAvg60: 0, fullAvg10: 0, fullAvg60: 0 };

function memory(availableGb: number, swap?: [totalGb: number, freeGb: number]): MachineMemory {
  return {
    totalBytes: TOTAL * GB,
    availableBytes: availableGb * GB,
    usedBytes: (TOTAL - availableGb) * GB,
    ...(swap === undefined ? {} : { swapTotalBytes: swap[0] * GB, swapFreeBytes: swap[1] * GB }),
  };
}

function watching(config: object): {
  look: (memory: MachineMemory, pressure?: Partial<MemoryPressure>) => Shortage | undefined;
  levelsAt: (...availableGb: number[]) => (string | undefined)[];
  nextLevelGb: () => number;
} {
  const watch = new ShortageWatch(v.parse(configSchema, config));
  const look = (now: MachineMemory, pressure: Partial<MemoryPressure> = {}): Shortage | undefined =>
    watch.look(now, () => ({ ...CALM, ...pressure }));
  return {
    look,
    levelsAt: (...all) => all.map((availableGb) => look(memory(availableGb))?.level),
    nextLevelGb: () => watch.nextLevelBytes(memory(TOTAL)) / GB,
  };
}

describe('a shortage of memory', () => {
  it('begins at 10% and is hard at 5% where nothing is configured', () => {
    expect(watching({}).levelsAt(50, 10, 9.9, 5, 4.9)).to.deep.equal([
      undefined,
      undefined,
      'soft',
      'soft',
      'hard',
    ]);
  });

  it('is over only above the level and the margin', () => {
    expect(watching({}).levelsAt(9, 10, 10.9, 11, 10.5)).to.deep.equal([
      'soft',
      'soft',
      'soft',
      undefined,
      undefined,
    ]);
    expect(watching({}).levelsAt(4, 5.9, 6, 10.9, 11)).to.deep.equal([
      'hard',
      'hard',
      'soft',
      'soft',
      undefined,
    ]);
  });

  it('has levels in GB, and margins too', () => {
    const { levelsAt } = watching({ available: { soft_gb: 8, hard_gb: 2, margin_gb: 3 } });
    expect(levelsAt(8, 7.9, 10.9, 11, 1.9, 4.9, 5)).to.deep.equal([
      undefined,
      'soft',
      'soft',
      undefined,
      'hard',
      'hard',
      'soft',
    ]);
  });

  it('has the larger of percent and GB', () => {
    expect(watching({ available: { soft_gb: 3, soft_percent: 6 } }).levelsAt(6, 5.9)).to.deep.equal([
      undefined,
      'soft',
    ]);
    expect(watching({ available: { soft_gb: 9, soft_percent: 6 } }).levelsAt(9, 8.9)).to.deep.equal([
      undefined,
      'soft',
    ]);
  });

  it('has no level that the table leaves out beside another', () => {
    expect(watching({ available: { hard_percent: 5 } }).levelsAt(9, 4)).to.deep.equal([undefined, 'hard']);
    expect(watching({ available: { soft_percent: 10 } }).levelsAt(9, 1)).to.deep.equal(['soft', 'soft']);
  });

  it('keeps the levels where only the margin is given', () => {
    expect(watching({ available: { margin_percent: 5 } }).levelsAt(9, 14, 15)).to.deep.equal([
      'soft',
      'soft',
      undefined,
    ]);
  });

  it('says what there is, and how much would be enough', () => {
    expect(watching({}).look(memory(4))).to.deep.equal({
      level: 'hard',
      why: 'hard level (5.00GB): 4.00GB is available (4.0%)',
      enoughBytes: 6 * GB,
    });
  });

  it('never is soft and hard in the wrong order, and never lasts above level and margin', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (readings) => {
        const { look } = watching({});
        for (const availableGb of readings) {
          const level = look(memory(availableGb))?.level;
          if (availableGb < 5) {
            expect(level).to.equal('hard');
          } else if (availableGb < 10) {
            expect(level).to.not.equal(undefined);
          } else if (availableGb >= 11) {
            expect(level).to.equal(undefined);
          }
          if (availableGb >= 6) {
            expect(level).to.not.equal('hard');
          }
        }
      }),
    );
  });

  describe('with levels of swap', () => {
    it('is none as long as swap is free', () => {
      const { look } = watching({ swap: { soft_percent: 50, hard_percent: 20 } });
      expect(look(memory(4, [10, 6]))).to.equal(undefined);
      expect(look(memory(4, [10, 4]))?.level).to.equal('soft');
      expect(look(memory(4, [10, 1]))?.level).to.equal('hard');
      expect(look(memory(50, [10, 0]))).to.equal(undefined);
    });

    it('has a margin there as well', () => {
      const { look } = watching({ swap: { soft_gb: 5, hard_gb: 1, margin_gb: 1 } });
      expect(look(memory(9, [10, 4.9]))?.level).to.equal('soft');
      expect(look(memory(9, [10, 5.9]))?.level).to.equal('soft');
      expect(look(memory(9, [10, 6]))).to.equal(undefined);
    });

    it('does not ask for swap on a machine without any', () => {
      const { look } = watching({ swap: {} });
      expect(look(memory(4, [0, 0]))?.level).to.equal('hard');
      expect(look(memory(4))?.level).to.equal('hard');
    });

    it('has the level of the other for one that is left out', () => {
      const { look } = watching({ swap: { soft_percent: 50 } });
      expect(look(memory(4, [10, 6]))).to.equal(undefined);
      expect(look(memory(4, [10, 4]))?.level).to.equal('hard');
    });

    it('says how much is free', () => {
      const { look } = watching({ swap: {} });
      expect(look(memory(4, [10, 0.2]))?.why).to.match(/, and 0\.20GB of 10\.00GB of swap is free$/);
    });
  });

  describe('by pressure', () => {
    const config = { pressure: { soft_some_avg10: 40, hard_full_avg60: 20, below_percent: 30 } };

    it('is none with plenty of free memory, however high', () => {
      const { look } = watching(config);
      expect(look(memory(30), { someAvg10: 99, fullAvg60: 99 })).to.equal(undefined);
      expect(look(memory(31), { someAvg10: 99, fullAvg60: 99 })).to.equal(undefined);
    });

    it('is one where little is available', () => {
      const { look } = watching(config);
      expect(look(memory(29), { someAvg10: 40 })).to.equal(undefined);
      expect(look(memory(29), { someAvg10: 41 })?.level).to.equal('soft');
      expect(look(memory(29), { someAvg10: 41, fullAvg60: 21 })?.level).to.equal('hard');
    });

    it('is over below the level and the margin, or when enough is available', () => {
      const { look } = watching(config);
      look(memory(29), { someAvg10: 41 });
      expect(look(memory(29), { someAvg10: 36 })?.level).to.equal('soft');
      expect(look(memory(30.9), { someAvg10: 36 })?.level).to.equal('soft');
      expect(look(memory(31), { someAvg10: 99 })).to.equal(undefined);
      expect(look(memory(29), { someAvg10: 36 })).to.equal(undefined);
      look(memory(29), { someAvg10: 41 });
      expect(look(memory(29), { someAvg10: 35 })).to.equal(undefined);
    });

    it('says which figure', () => {
      const { look } = watching(config);
      const shortage = look(memory(29), { fullAvg60: 21.5 });
      expect(shortage?.why).to.equal(
        'hard level: all work stood still for 21.5% of the last 60 s for want of memory, and 29.00GB is available',
      );
      expect(shortage?.enoughBytes).to.equal(31 * GB);
    });

    it('is hard where it says so and memory only soft', () => {
      const { look } = watching(config);
      expect(look(memory(9), { fullAvg60: 21 })?.why).to.match(/^hard level: all work/);
      expect(look(memory(9))?.level).to.be.oneOf(['hard', 'soft']);
    });

    it('is not read where memory is not low', () => {
      const watch = new ShortageWatch(v.parse(configSchema, config));
      let reads = 0;
      const read = (): MemoryPressure => {
        reads += 1;
        return CALM;
      };
      watch.look(memory(50), read);
      expect(reads).to.equal(0);
      watch.look(memory(29), read);
      expect(reads).to.equal(1);
    });
  });

  it('has a next level, which is one that the last reading was above', () => {
    const { look, nextLevelGb } = watching({});
    look(memory(50));
    expect(nextLevelGb()).to.equal(10);
    look(memory(9));
    expect(nextLevelGb()).to.equal(5);
    look(memory(4));
    expect(nextLevelGb()).to.equal(0);
  });
});
