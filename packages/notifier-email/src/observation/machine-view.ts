import type {
  MachineMemory,
  ProcessHandles,
  ProcessIdentity,
  ScanSamples,
  UserDatabase,
} from '@memory-monitor/core';

import type { History, ProcessFacts } from '../notice/notice.js';
import { largestRows } from './largest-rows.js';
import { MemoryHistory } from './memory-history.js';

const MOST_OTHERS = 6;

type NamedRow = ProcessFacts['others'][number] & ProcessIdentity;

/** What the machine looked like at the latest scan: for whoever reads about a process later. */
export class MachineView {
  readonly #history = new MemoryHistory();
  readonly #handles: ProcessHandles;
  readonly #users: UserDatabase;
  #memory: MachineMemory | undefined;
  #samples: ScanSamples | undefined;
  #largest: readonly NamedRow[] | undefined;

  constructor(handles: ProcessHandles, users: UserDatabase) {
    this.#handles = handles;
    this.#users = users;
  }

  get memory(): MachineMemory | undefined {
    return this.#memory;
  }

  setMemory(memory: MachineMemory): void {
    this.#memory = memory;
  }

  record(samples: ScanSamples, atMs: number): void {
    this.#history.record(samples, atMs);
    this.#samples = samples;
    this.#largest = undefined;
  }

  historyOf(process: ProcessIdentity): History {
    return this.#history.of(process);
  }

  /** The largest processes but this one. Names are read once for each scan, and only where somebody asks. */
  othersThan({ pid }: ProcessIdentity): ProcessFacts['others'] {
    this.#largest ??= this.#nameLargest();
    return this.#largest
      .filter((row) => row.pid !== pid)
      .slice(0, MOST_OTHERS - 1)
      .map(({ pid: otherPid, name, user, bytes }) => ({ pid: otherPid, name, user, bytes }));
  }

  #nameLargest(): readonly NamedRow[] {
    const samples = this.#samples;
    if (samples === undefined) {
      return [];
    }
    return largestRows(samples, MOST_OTHERS).flatMap((row) => {
      const uid = samples.uid[row] ?? 0;
      const identity = { pid: samples.pid[row] ?? 0, startTime: samples.startTime[row] ?? 0 };
      const name = this.#nameOf(identity);
      const user = this.#users.userName(uid) ?? String(uid);
      return name === undefined ? [] : [{ ...identity, name, user, bytes: samples.rssBytes[row] ?? 0 }];
    });
  }

  /** Undefined if it is gone. */
  #nameOf(identity: ProcessIdentity): string | undefined {
    const handle = this.#handles.open(identity);
    try {
      return handle?.inspect()?.name;
    } finally {
      handle?.close();
    }
  }
}
