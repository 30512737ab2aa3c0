import { messageOf, MonitorError, type ProcessIdentity, type ScanColumns } from '@memory-monitor/core';

import { isOwnTrouble, type ProcReader } from '../proc/proc-reader.js';
import type { LiveThreads } from '../proc/live-threads.js';
import { PAGE_BYTES } from '../proc/page-size.js';
import { HeldStatm, NOT_HELD } from './held-statm.js';
import { PidList } from './pid-list.js';
import { ProcessTable, type TableEntry } from './process-table.js';
import { rankOf } from './rank.js';

const FIRST_CAPACITY = 4096;
/** Each process's identity is read again once in so many scans. */
const SCANS_PER_REREAD = 32;
/** Who has more than this share of the RAM is made sure of in each scan: there can't be many. */
const LARGE_SHARE = 0.01;
/** `size resident shared …` of `statm`, in pages; proc_pid_statm(5). */
const STATM_NUMBERS = 3;

interface Columns {
  pid: Int32Array;
  startTime: Float64Array;
  uid: Uint32Array;
  rssBytes: Float64Array;
  sharedBytes: Float64Array;
}

/** Reads `statm` of every process, and nothing else of those that it knows already. */
export class Scanner {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #held: HeldStatm;
  readonly #pids: PidList;
  readonly #table: ProcessTable;
  readonly #liveThreads: LiveThreads;
  readonly #numbers = new Float64Array(STATM_NUMBERS);
  #columns = columnsFor(FIRST_CAPACITY);
  #count = 0;
  #unreadable = 0;
  #scan = 0;
  #largePages = 0;

  /** `heldDescriptors` is asked before each scan how many files may be kept open. */
  constructor(
    reader: ProcReader,
    procRoot: string,
    liveThreads: LiveThreads,
    heldDescriptors: () => number = () => 0,
  ) {
    this.#reader = reader;
    this.#liveThreads = liveThreads;
    this.#procRoot = procRoot;
    this.#held = new HeldStatm(reader, heldDescriptors);
    this.#pids = new PidList(procRoot);
    this.#table = new ProcessTable(reader, procRoot, this.#held);
  }

  /** Throws MM_ERR_PROC_UNREADABLE if the processes can't even be listed. */
  scan(ramBytes: number): ScanColumns {
    this.#largePages = Math.floor((LARGE_SHARE * ramBytes) / PAGE_BYTES);
    this.#scan += 1;
    this.#count = 0;
    this.#unreadable = 0;
    this.#held.beginScan();
    this.#list();
    for (let index = 0; index < this.#pids.count; index += 1) {
      this.#sample(this.#pids.pids[index] ?? 0);
    }
    this.#table.sweep(this.#scan);
    this.#table.settleHeld();
    this.#liveThreads.keepOnly((pid) => this.#table.has(pid));
    return { ...this.#columns, count: this.#count, unreadable: this.#unreadable };
  }

  /** Forgets who a PID was, so that the next scan reads it anew. */
  forget(pid: number): void {
    this.#table.forget(pid);
  }

  /** Whether this very process is known to have gone, whoever has its PID by now. */
  hasGone(identity: ProcessIdentity): boolean {
    return this.#table.hasGone(identity);
  }

  /** Tells it the uid that a process was found to have. */
  learnUid(pid: number, uid: number): void {
    this.#table.learnUid(pid, uid);
  }

  #sample(pid: number): void {
    const isMet = this.#meet(pid);
    if (!isMet) {
      // Whoever has the PID now is not the one that was held.
      this.#meet(pid);
    }
  }

  /** Returns false if the process that was held has gone. */
  #meet(pid: number): boolean {
    const entry = this.#table.find(pid, (pid + this.#scan) % SCANS_PER_REREAD === 0);
    if (entry === undefined) {
      this.#countIfDenied();
      return true;
    }
    entry.seenInScan = this.#scan;
    const isHeld = entry.fd !== NOT_HELD;
    const count = this.#readMemory(entry);
    const pages = this.#numbers[1] ?? 0;
    const isWhole = count === STATM_NUMBERS;
    if (count === -1 || (isWhole && !this.#table.recognise(entry, pages, this.#largePages))) {
      this.#countIfDenied();
      this.#table.forget(pid);
      return !isHeld;
    }
    if (isWhole) {
      entry.rank = rankOf(pages);
      this.#push(entry, pages, this.#numbers[2] ?? 0);
    }
    return true;
  }

  /**
   * Returns how many of the numbers are this process's: where that is not all, the rest are another's. Memory that no thread of
   * very many shows counts as unreadable, and not as none.
   */
  #readMemory(entry: TableEntry): number {
    const { pid, isKernelThread } = entry;
    const count = this.#table.readMemory(entry, this.#numbers);
    if (
      count === STATM_NUMBERS &&
      this.#numbers[1] === 0 &&
      !isKernelThread &&
      this.#table.hasLostFirstThread(pid)
    ) {
      const { state } = this.#liveThreads.find(pid, this.#numbers);
      if (state === 'unknown') {
        this.#unreadable += 1;
        return 0;
      }
      if (state === 'none') {
        this.#numbers.fill(0);
      }
    }
    return count;
  }

  #push({ pid, startTime, uid }: TableEntry, residentPages: number, sharedPages: number): void {
    if (this.#count === this.#columns.pid.length) {
      this.#columns = grown(this.#columns);
    }
    const { pid: pids, startTime: startTimes, uid: uids, rssBytes: rss, sharedBytes: shared } = this.#columns;
    pids[this.#count] = pid;
    startTimes[this.#count] = startTime;
    uids[this.#count] = uid;
    rss[this.#count] = residentPages * PAGE_BYTES;
    shared[this.#count] = sharedPages * PAGE_BYTES;
    this.#count += 1;
  }

  #countIfDenied(): void {
    if (this.#reader.failure === 'denied') {
      this.#unreadable += 1;
    }
  }

  #list(): void {
    for (;;) {
      try {
        this.#pids.read();
        return;
      } catch (error) {
        if (isOwnTrouble(error) && this.#reader.giveBack()) {
          continue;
        }
        throw new MonitorError(
          'MM_ERR_PROC_UNREADABLE',
          `${this.#procRoot} can not be listed, so no process can be watched; check that /proc is mounted: ${messageOf(error)}.`,
          { cause: error },
        );
      }
    }
  }
}

function columnsFor(capacity: number): Columns {
  return {
    pid: new Int32Array(capacity),
    startTime: new Float64Array(capacity),
    uid: new Uint32Array(capacity),
    rssBytes: new Float64Array(capacity),
    sharedBytes: new Float64Array(capacity),
  };
}

function grown(columns: Columns): Columns {
  const larger = columnsFor(columns.pid.length * 2);
  larger.pid.set(columns.pid);
  larger.startTime.set(columns.startTime);
  larger.uid.set(columns.uid);
  larger.rssBytes.set(columns.rssBytes);
  larger.sharedBytes.set(columns.sharedBytes);
  return larger;
}
