import type { MachineMemory, MemoryPressure } from '@memory-monitor/core';
import { FakeClock, FakeMachine } from '@memory-monitor/core/testing';
import { expect } from 'chai';

import { CheckedSource } from '#src/detection/checked-source.js';
import { GB } from '../support/hogs.js';

const PRESSURE: MemoryPressure = { someAvg10: 3, someAvg60: 2, fullAvg10: 1, fullAvg60: 0 };
const MEMORY = { totalBytes: 16 * GB, availableBytes: 8 * GB, usedBytes: 8 * GB };

function checked(): { machine: FakeMachine; source: CheckedSource; failures: string[] } {
  const machine = new FakeMachine();
  const failures: string[] = [];
  const source = new CheckedSource(machine, new FakeClock(), (error) => {
    failures.push((error as Error).message);
  });
  return { machine, source, failures };
}

describe("a plugin's process source", () => {
  it('passes pressure and swap on', () => {
    const { machine, source } = checked();
    machine.pressure = PRESSURE;
    machine.memory = { ...MEMORY, swapTotalBytes: 2 * GB, swapFreeBytes: GB };
    expect(source.readPressure()).to.deep.equal(PRESSURE);
    expect(source.readMemory()).to.deep.equal(machine.memory);
  });

  it('has no pressure where it tells none', () => {
    const { source, failures } = checked();
    expect(source.readPressure()).to.equal(undefined);
    expect(failures).to.deep.equal([]);
  });

  it('has no pressure where that makes no sense, which is told', () => {
    const { machine, source, failures } = checked();
    machine.pressure = { ...PRESSURE, fullAvg10: Number.NaN };
    expect(source.readPressure()).to.equal(undefined);
    expect(failures).to.deep.equal([
      'readPressure() has to give someAvg10, someAvg60, fullAvg10, fullAvg60, or undefined',
    ]);
  });

  it('has no swap where that makes no sense', () => {
    const { machine, source } = checked();
    machine.memory = { ...MEMORY, swapTotalBytes: 'much', swapFreeBytes: GB } as unknown as MachineMemory;
    expect(source.readMemory()).to.deep.equal(MEMORY);
  });
});
