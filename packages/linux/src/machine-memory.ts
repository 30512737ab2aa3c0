import { existsSync } from 'node:fs';

import { MonitorError, type MachineMemory, type MemoryPressure } from '@memory-monitor/core';

import { reclaimableArcBytes } from './proc/arcstats.js';
import { parseMeminfo, type Meminfo } from './proc/meminfo.js';
import { parsePressure } from './proc/pressure.js';
import type { ProcReader } from './proc/proc-reader.js';

/** Where the limits of a container's control group stand below the control groups' root, by version. */
interface ContainerFiles {
  readonly limit: string;
  readonly usage: string;
  readonly stat: string;
  /** Version 1 counts swap only together with memory, and tells no pressure. */
  readonly swap?: { readonly limit: string; readonly usage: string };
  readonly pressure?: string;
}

const V2: ContainerFiles = {
  limit: 'memory.max',
  usage: 'memory.current',
  stat: 'memory.stat',
  swap: { limit: 'memory.swap.max', usage: 'memory.swap.current' },
  pressure: 'memory.pressure',
};

const V1: ContainerFiles = {
  limit: 'memory/memory.limit_in_bytes',
  usage: 'memory/memory.usage_in_bytes',
  stat: 'memory/memory.stat',
};

/** Reads how much memory the machine, or the container that the monitor runs in, has and uses. */
export class MachineMemoryReader {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #cgroupRoot: string;
  readonly #container: ContainerFiles | undefined;

  /** The roots are where these file systems are mounted, or trees that look like them. */
  constructor(reader: ProcReader, procRoot: string, cgroupRoot = '/sys/fs/cgroup') {
    this.#reader = reader;
    this.#procRoot = procRoot;
    this.#cgroupRoot = cgroupRoot;
    this.#container = this.#findContainer();
  }

  /** Throws MM_ERR_MEMINFO if there is no telling how much memory there is. */
  read(): MachineMemory {
    const meminfo = parseMeminfo(this.#text(`${this.#procRoot}/meminfo`) ?? '');
    if (meminfo === undefined) {
      throw new MonitorError(
        'MM_ERR_MEMINFO',
        `${this.#procRoot}/meminfo has no MemTotal, so limits in percent can not be held; check that /proc is mounted.`,
      );
    }
    const container = this.#withinContainer(meminfo);
    const { totalBytes, availableBytes, swapTotalBytes, swapFreeBytes } = container ?? this.#withArc(meminfo);
    const hasSwap = swapTotalBytes !== undefined && swapFreeBytes !== undefined;
    return {
      totalBytes,
      availableBytes,
      usedBytes: totalBytes - availableBytes,
      ...(hasSwap ? { swapTotalBytes, swapFreeBytes } : {}),
    };
  }

  /** Undefined where the kernel does not tell (before 4.20, without CONFIG_PSI, with psi=0, in a container of version 1). */
  readPressure(): MemoryPressure | undefined {
    if (this.#container === undefined) {
      return parsePressure(this.#text(`${this.#procRoot}/pressure/memory`) ?? '');
    }
    const { pressure } = this.#container;
    return pressure === undefined ? undefined : parsePressure(this.#groupText(pressure) ?? '');
  }

  /** ZFS's cache is the machine's: what is in it is not charged to a container. */
  #withArc(meminfo: Meminfo): Meminfo {
    const { totalBytes, availableBytes } = meminfo;
    const path = `${this.#procRoot}/spl/kstat/zfs/arcstats`;
    // Asked each time, since the module may be loaded later; a failed open would cost an error object in each scan.
    const arcBytes = existsSync(path) ? reclaimableArcBytes(this.#text(path) ?? '') : 0;
    return { ...meminfo, availableBytes: Math.min(totalBytes, availableBytes + arcBytes) };
  }

  /**
   * A limit counts as the size of the memory only if the monitor is in the *root* of its control group namespace, as in
   * a container: in any other group (its own service's, say) the limit is the monitor's, not the machine's.
   */
  #findContainer(): ContainerFiles | undefined {
    const groups = this.#text(`${this.#procRoot}/self/cgroup`) ?? '';
    if (/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:\/$/m.test(groups)) {
      return V1;
    }
    return /^0::\/$/m.test(groups) && this.#groupText(V2.limit) !== undefined ? V2 : undefined;
  }

  #withinContainer(machine: Meminfo): Meminfo | undefined {
    if (this.#container === undefined) {
      return undefined;
    }
    const limitBytes = this.#bytes(this.#container.limit);
    const usageBytes = this.#bytes(this.#container.usage);
    if (limitBytes === undefined || usageBytes === undefined || limitBytes >= machine.totalBytes) {
      return undefined;
    }
    // What the page cache could give back at once is available, as in MemAvailable.
    const stat = this.#groupText(this.#container.stat) ?? '';
    // Version 1 counts the groups inside only in the figures that begin with `total_`.
    const inactive = Number(
      (/^total_inactive_file (\d+)$/m.exec(stat) ?? /^inactive_file (\d+)$/m.exec(stat))?.[1] ?? 0,
    );
    const availableBytes = Math.min(limitBytes, Math.max(0, limitBytes - usageBytes + inactive));
    return { totalBytes: limitBytes, availableBytes, ...this.#swapWithinContainer(machine) };
  }

  /** What is free of the container's swap can't be more than what is free of the machine's. */
  #swapWithinContainer({
    swapTotalBytes,
    swapFreeBytes,
  }: Meminfo): Pick<Meminfo, 'swapTotalBytes' | 'swapFreeBytes'> {
    const files = this.#container?.swap;
    const usage = files === undefined ? undefined : this.#bytes(files.usage);
    if (
      files === undefined ||
      usage === undefined ||
      swapTotalBytes === undefined ||
      swapFreeBytes === undefined
    ) {
      return {};
    }
    const totalBytes = Math.min(swapTotalBytes, this.#bytes(files.limit) ?? Infinity);
    return {
      swapTotalBytes: totalBytes,
      swapFreeBytes: Math.min(swapFreeBytes, Math.max(0, totalBytes - usage)),
    };
  }

  /** Undefined for `max`, which is no limit. */
  #bytes(file: string): number | undefined {
    const digits = /^\d+/.exec(this.#groupText(file) ?? '')?.[0];
    return digits === undefined ? undefined : Number(digits);
  }

  #groupText(file: string): string | undefined {
    return this.#text(`${this.#cgroupRoot}/${file}`);
  }

  #text(path: string): string | undefined {
    return this.#reader.read(path)?.toString('latin1');
  }
}
