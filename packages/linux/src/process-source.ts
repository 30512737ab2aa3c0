import type {
  MachineMemory,
  MemoryPressure,
  ProcessIdentity,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  SlowFacts,
  SlowFactsRequest,
} from '@memory-monitor/core';

import { MachineMemoryReader } from './machine-memory.js';
import { ProcessInspector } from './proc/inspect.js';
import { LiveThreads } from './proc/live-threads.js';
import { ProcReader } from './proc/proc-reader.js';
import { isProcFileSystem } from './proc/proc-file-system.js';
import { SlowFactsReader } from './proc/slow-facts.js';
import { Scanner } from './scan/scanner.js';

/** The processes of this machine, as `/proc` shows them. */
export class LinuxProcessSource implements ProcessSource {
  readonly #memory: MachineMemoryReader;
  readonly #scanner: Scanner;
  readonly #slowFacts: SlowFactsReader;
  /** As it was read last. */
  #ramBytes = Number.POSITIVE_INFINITY;
  /** Reads single processes; shared with the handles. */
  readonly inspector: ProcessInspector;

  /**
   * `procRoot` is where a proc file system is mounted, or a tree that looks like one. `heldDescriptors` is asked before each scan
   * how many files of processes may be kept open: none for one who looks once.
   */
  constructor(procRoot = '/proc', heldDescriptors: () => number = () => 0) {
    const reader = new ProcReader();
    const liveThreads = new LiveThreads(reader, procRoot);
    this.inspector = new ProcessInspector(reader, procRoot, liveThreads);
    this.#memory = new MachineMemoryReader(reader, procRoot);
    // Elsewhere a file that is open goes on answering when its process is gone.
    const isProc = isProcFileSystem(procRoot);
    this.#scanner = new Scanner(reader, procRoot, liveThreads, isProc ? heldDescriptors : () => 0);
    this.#slowFacts = new SlowFactsReader(this.inspector, procRoot);
  }

  readMemory(): MachineMemory {
    const memory = this.#memory.read();
    this.#ramBytes = memory.totalBytes;
    return memory;
  }

  readPressure(): MemoryPressure | undefined {
    return this.#memory.readPressure();
  }

  scan(): ScanColumns {
    return this.#scanner.scan(this.#ramBytes);
  }

  inspect(identity: ProcessIdentity): ProcessInspection | undefined {
    const inspection = this.inspector.inspect(identity);
    if (inspection === undefined) {
      this.#scanner.forget(identity.pid);
    } else {
      this.#scanner.learnUid(inspection.pid, inspection.uid);
    }
    return inspection;
  }

  /** Whether this very process is known to have gone, whoever has its PID by now: its file is held, and says so. */
  hasGone(identity: ProcessIdentity): boolean {
    return this.#scanner.hasGone(identity);
  }

  async inspectSlowly(
    identity: ProcessIdentity,
    wanted: SlowFactsRequest,
    deadlineMs: number,
  ): Promise<SlowFacts> {
    return await this.#slowFacts.read(identity, wanted, deadlineMs);
  }
}
