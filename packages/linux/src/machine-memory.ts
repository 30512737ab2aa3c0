import { MonitorError, type MachineMemory } from '@memory-monitor/core';

import { parseMeminfo } from './proc/meminfo.js';
import type { ProcReader } from './proc/proc-reader.js';

/** Where the limits of a container's control group stand, by version. */
interface ContainerFiles {
  readonly limit: string;
  readonly usage: string;
  readonly stat: string;
}

const V2: ContainerFiles = {
  limit: '/sys/fs/cgroup/memory.max',
  usage: '/sys/fs/cgroup/memory.current',
  stat: '/sys/fs/cgroup/memory.stat',
};

const V1: ContainerFiles = {
  limit: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  usage: '/sys/fs/cgroup/memory/memory.usage_in_bytes',
  stat: '/sys/fs/cgroup/memory/memory.stat',
};

/** Reads how much memory the machine, or the container that the monitor runs in, has and uses. */
export class MachineMemoryReader {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #container: ContainerFiles | undefined;

  constructor(reader: ProcReader, procRoot: string) {
    this.#reader = reader;
    this.#procRoot = procRoot;
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
    const { totalBytes, availableBytes } = this.#withinContainer(meminfo.totalBytes) ?? meminfo;
    return { totalBytes, availableBytes, usedBytes: totalBytes - availableBytes };
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
    return /^0::\/$/m.test(groups) && this.#text(V2.limit) !== undefined ? V2 : undefined;
  }

  #withinContainer(machineBytes: number): { totalBytes: number; availableBytes: number } | undefined {
    if (this.#container === undefined) {
      return undefined;
    }
    const limitBytes = this.#number(this.#container.limit);
    const usageBytes = this.#number(this.#container.usage);
    if (limitBytes === undefined || usageBytes === undefined || limitBytes >= machineBytes) {
      return undefined;
    }
    // What the page cache could give back at once is available, as in MemAvailable.
    const stat = this.#text(this.#container.stat) ?? '';
    const inactive = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
    const availableBytes = Math.min(limitBytes, Math.max(0, limitBytes - usageBytes + inactive));
    return { totalBytes: limitBytes, availableBytes };
  }

  /** Undefined for `max`, which is no limit. */
  #number(path: string): number | undefined {
    const digits = /^\d+/.exec(this.#text(path) ?? '')?.[0];
    return digits === undefined ? undefined : Number(digits);
  }

  #text(path: string): string | undefined {
    return this.#reader.read(path)?.toString('latin1');
  }
}
