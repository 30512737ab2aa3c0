import { hasExited, isKernelThread, isZombie, parseStat } from '../proc/stat.js';
import { parseStatus } from '../proc/status.js';
import type { ProcReader } from '../proc/proc-reader.js';
import { isUnlike } from './likeness.js';

/** A new process may still be on its way from root to the user that it is started for: it is read in its second scan too. */
const FIRST_READINGS = 2;
/** In the place of its memory, until that is known: a process has just been read. */
const NOT_KNOWN_YET = -1;

/** What is read of a process once and kept until it goes. */
export interface TableEntry {
  readonly pid: number;
  readonly statmPath: string;
  startTime: number;
  uid: number;
  isKernelThread: boolean;
  /** How often this process has been read. */
  readings: number;
  /** The memory that the PID had when it was certain last who it is. */
  residentBytes: number;
  /** Number of the last scan that met it. */
  seenInScan: number;
}

/**
 * Who each PID is. An entry is read in the first two scans that meet its PID, and again every so many scans, since a PID may have
 * been handed on between two scans, and a process may change its uid. Whoever has much memory, or another amount than before, is
 * made sure of at once: a successor of any consequence passes for the one before in no scan.
 */
export class ProcessTable {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #entries = new Map<number, TableEntry>();

  constructor(reader: ProcReader, procRoot: string) {
    this.#reader = reader;
    this.#procRoot = procRoot;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry of a PID, read if need be; undefined if there is nothing to read, for the reader's reason. */
  find(pid: number, mustRead: boolean): TableEntry | undefined {
    const known = this.#entries.get(pid);
    if (known !== undefined && known.readings >= FIRST_READINGS && !mustRead) {
      return known;
    }
    const entry = known ?? {
      pid,
      statmPath: `${this.#procRoot}/${pid}/statm`,
      startTime: 0,
      uid: 0,
      isKernelThread: false,
      readings: 0,
      residentBytes: NOT_KNOWN_YET,
      seenInScan: 0,
    };
    if (!this.#read(entry)) {
      this.#entries.delete(pid);
      return undefined;
    }
    this.#entries.set(pid, entry);
    return entry;
  }

  /**
   * Makes sure that the PID is still who the entry says, if its memory makes one doubt it: a successor is read. False if there is
   * nobody to read any more. Of a process that is as it was and has no more than `largeBytes`, nothing is read.
   */
  recognise(entry: TableEntry, residentBytes: number, largeBytes: number): boolean {
    const formerBytes = entry.residentBytes;
    if (
      formerBytes !== NOT_KNOWN_YET &&
      residentBytes <= largeBytes &&
      !isUnlike(residentBytes, formerBytes)
    ) {
      return true;
    }
    const isRecognised =
      formerBytes === NOT_KNOWN_YET ||
      this.#stat(entry.pid)?.startTime === entry.startTime ||
      this.#read(entry);
    entry.residentBytes = residentBytes;
    return isRecognised;
  }

  has(pid: number): boolean {
    return this.#entries.has(pid);
  }

  forget(pid: number): void {
    this.#entries.delete(pid);
  }

  /** What the uid of a PID has turned out to be: if that is another one, the entry is read again. */
  learnUid(pid: number, uid: number): void {
    if (this.#entries.get(pid)?.uid !== uid) {
      this.forget(pid);
    }
  }

  /** Drops the entries that this scan has not met. */
  sweep(scan: number): void {
    for (const [pid, entry] of this.#entries) {
      if (entry.seenInScan !== scan) {
        this.#entries.delete(pid);
      }
    }
  }

  /** Whether the first thread has ended and left the process to the others, so that its own files show no memory. */
  hasLostFirstThread(pid: number): boolean {
    const stat = this.#stat(pid);
    return stat !== undefined && isZombie(stat) && !hasExited(stat);
  }

  /** The uid comes from `status`: the files of a process that is not dumpable belong to root. */
  #read(entry: TableEntry): boolean {
    const stat = this.#stat(entry.pid);
    const status =
      stat === undefined ? undefined : this.#reader.read(`${this.#procRoot}/${entry.pid}/status`);
    const owner = status === undefined ? undefined : parseStatus(status);
    if (stat === undefined || owner === undefined) {
      return false;
    }
    entry.readings = entry.startTime === stat.startTime ? entry.readings + 1 : 1;
    entry.startTime = stat.startTime;
    entry.uid = owner.uid;
    entry.isKernelThread = isKernelThread(stat);
    entry.residentBytes = NOT_KNOWN_YET;
    return true;
  }

  #stat(pid: number): ReturnType<typeof parseStat> {
    const line = this.#reader.read(`${this.#procRoot}/${pid}/stat`);
    return line === undefined ? undefined : parseStat(line);
  }
}
