import { inGb, type MachineMemory, type MemoryPressure } from '@memory-monitor/core';

import type { PressureConfig } from '../config.js';
import { Amount, bytesOf, type Level } from './amount.js';
import { Latch } from './latch.js';
import { Stalls } from './stalls.js';

/** The machine has too little memory. */
export interface Shortage {
  readonly level: Level;
  /** In words. */
  readonly why: string;
  /** So much has to be available for it to be over. */
  readonly enoughBytes: number;
}

const LEVELS = ['hard', 'soft'] as const;
/** High pressure with more than this available is no shortage of memory: a slow disk, or a limit of somebody's own. */
const DEFAULT_BELOW_PERCENT = 25;

/** Says from each reading whether the machine is short of memory, and how much. */
export class ShortageWatch {
  readonly #available: Amount;
  readonly #swap: Amount | undefined;
  readonly #stalls: Stalls | undefined;
  readonly #below: (totalBytes: number) => number;
  readonly #isLow = new Latch();

  constructor({ available, swap, pressure }: Pick<PressureConfig, 'available' | 'swap' | 'pressure'>) {
    this.#available = new Amount(available);
    this.#swap = swap === undefined ? undefined : new Amount(swap);
    this.#stalls = pressure === undefined ? undefined : new Stalls(pressure);
    const { below_percent, below_gb } = pressure ?? {};
    const isGiven = below_percent !== undefined || below_gb !== undefined;
    this.#below = (totalBytes) =>
      bytesOf(isGiven ? below_percent : DEFAULT_BELOW_PERCENT, below_gb, totalBytes);
  }

  /** Takes a reading; undefined where there is enough. Pressure is read only where memory is low. */
  look(memory: MachineMemory, readPressure: () => MemoryPressure | undefined): Shortage | undefined {
    const { totalBytes, availableBytes, swapTotalBytes = 0, swapFreeBytes = 0 } = memory;
    this.#available.update(availableBytes, totalBytes);
    this.#swap?.update(swapFreeBytes, swapTotalBytes);
    const byMemory = LEVELS.find(
      (level) => this.#available.isShort(level) && this.#isSwapShort(level, memory),
    );
    const byPressure = this.#lookAtPressure(memory, readPressure);
    if (byMemory === 'hard' || (byMemory === 'soft' && byPressure?.level !== 'hard')) {
      return this.#ofMemory(byMemory, memory);
    }
    return byPressure;
  }

  /** The next level that has not been passed at the last reading, so that a scan is due once less is available; 0 if there is none. */
  nextLevelBytes({ totalBytes }: MachineMemory): number {
    const levels = LEVELS.filter((level) => !this.#available.isShort(level));
    return Math.max(0, ...levels.map((level) => this.#available.bytesOf(level, totalBytes) ?? 0));
  }

  /** The soft level of available memory and the hard one, in bytes on this machine. */
  levels({ totalBytes }: MachineMemory): Readonly<Record<Level, number | undefined>> {
    return {
      soft: this.#available.bytesOf('soft', totalBytes),
      hard: this.#available.bytesOf('hard', totalBytes),
    };
  }

  /** A machine without swap has none to wait for. A level that the table of swap does not name is that of the other. */
  #isSwapShort(level: Level, { swapTotalBytes = 0 }: MachineMemory): boolean {
    if (this.#swap === undefined || swapTotalBytes === 0) {
      return true;
    }
    const other = level === 'soft' ? 'hard' : 'soft';
    const isNamed = this.#swap.bytesOf(level, swapTotalBytes) !== undefined;
    return this.#swap.isShort(isNamed ? level : other);
  }

  #lookAtPressure(
    memory: MachineMemory,
    readPressure: () => MemoryPressure | undefined,
  ): Shortage | undefined {
    if (this.#stalls === undefined) {
      return undefined;
    }
    const { totalBytes, availableBytes } = memory;
    const belowBytes = this.#below(totalBytes);
    const enoughBytes = belowBytes + this.#available.marginBytes(totalBytes);
    if (!this.#isLow.update(availableBytes < belowBytes, availableBytes >= enoughBytes)) {
      this.#stalls.forget();
      return undefined;
    }
    const pressure = readPressure();
    const [hard, soft] =
      pressure === undefined
        ? []
        : [this.#stalls.update('hard', pressure), this.#stalls.update('soft', pressure)];
    const words = hard ?? soft;
    const level = hard === undefined ? 'soft' : 'hard';
    return words === undefined
      ? undefined
      : {
          level,
          why: `${level} level: ${words} for want of memory, and ${inGb(availableBytes)} is available`,
          enoughBytes,
        };
  }

  #ofMemory(level: Level, { totalBytes, availableBytes, ...swap }: MachineMemory): Shortage {
    const levelBytes = this.#available.bytesOf(level, totalBytes) ?? 0;
    const percent = ((100 * availableBytes) / totalBytes).toFixed(1);
    const { swapTotalBytes = 0, swapFreeBytes = 0 } = swap;
    const ofSwap =
      this.#swap === undefined || swapTotalBytes === 0
        ? ''
        : `, and ${inGb(swapFreeBytes)} of ${inGb(swapTotalBytes)} of swap is free`;
    return {
      level,
      why: `${level} level (${inGb(levelBytes)}): ${inGb(availableBytes)} is available (${percent}%)${ofSwap}`,
      enoughBytes: levelBytes + this.#available.marginBytes(totalBytes),
    };
  }
}
