import type { ProcessIdentity } from '@memory-monitor/core';

import { PidPath } from '../proc/pid-path.js';
import type { ProcReader } from '../proc/proc-reader.js';
import { hasExited, isKernelThread, isZombie, parseStat } from '../proc/stat.js';
import { HeldChoice } from './choose-held.js';
import { NOT_HELD, type HeldStatm } from './held-statm.js';
import { numberOfStat, STAT_FLAGS, STAT_START_TIME, uidOfStatus } from './identity-bytes.js';
import { isUnlike } from './likeness.js';

/** A new process may still be on its way from root to the user that it is started for: it is read in its second scan too. */
const FIRST_READINGS = 2;
/** In the place of its memory, until that is known: a process has just been read. */
const NOT_KNOWN_YET = -1;

/** What is read of a process once and kept until it goes. */
export interface TableEntry {
  readonly pid: number;
  /** Its `statm`, kept open: as long as that answers, the PID is this process's. NOT_HELD if it is not. */
  fd: number;
  /** Where its `statm` is; only of one that is not held. A string, which takes Node less time to open than bytes do. */
  statmPath: string | undefined;
  /** Where it stands among the entries. */
  place: number;
  startTime: number;
  uid: number;
  isKernelThread: boolean;
  /** How often this process has been read. */
  readings: number;
  /** The memory that the PID had when it was certain last who it is, in pages: of a small whole number, passing it on makes no object. */
  residentPages: number;
  /** By its memory in the last scan: `rankOf`. */
  rank: number;
  /** Number of the last scan that met it. */
  seenInScan: number;
}

/**
 * Who each PID is. An entry is read in the first two scans that meet its PID, and again every so many scans, since a PID may have
 * been handed on between two scans, and a process may change its uid. Whoever has much memory, or another amount than before, is
 * made sure of at once: a successor of any consequence passes for the one before in no scan. Of whom `statm` is held, only the uid
 * is in doubt. What is held was opened before the start time was read: if it still answers afterwards, both are one process's.
 */
export class ProcessTable {
  readonly #reader: ProcReader;
  readonly #statmPath: PidPath;
  readonly #statPath: PidPath;
  readonly #statusPath: PidPath;
  readonly #held: HeldStatm;
  readonly #choice: HeldChoice;
  readonly #byPid = new Map<number, TableEntry>();
  /** The same once more: going through it makes no object. */
  readonly #entries: TableEntry[] = [];
  readonly #confirmation = new Float64Array(1);
  /** There are more processes than may be held: who is, is settled after each scan. */
  #isCrowded = false;
  /** Of the `stat` that was read last. */
  #statLength = 0;

  constructor(reader: ProcReader, procRoot: string, held: HeldStatm) {
    this.#reader = reader;
    this.#statmPath = new PidPath(procRoot, 'statm');
    this.#statPath = new PidPath(procRoot, 'stat');
    this.#statusPath = new PidPath(procRoot, 'status');
    this.#held = held;
    this.#choice = new HeldChoice(held);
    reader.giveBack = () => held.giveBack(this.#entries);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The entry of a PID, read if need be; undefined if there is nothing to read, for the reader's reason. */
  find(pid: number, mustRead: boolean): TableEntry | undefined {
    const known = this.#byPid.get(pid);
    if (known !== undefined && known.readings >= FIRST_READINGS && !mustRead) {
      return known;
    }
    const entry = known ?? this.#add(pid);
    if (known === undefined && !this.#isCrowded) {
      this.#keepOpen(entry);
    }
    if (this.#read(entry)) {
      return entry;
    }
    this.#drop(entry);
    return undefined;
  }

  /** As `readNumbers` of the reader has it, of this process's `statm`. */
  readMemory(entry: TableEntry, numbers: Float64Array): number {
    return entry.fd === NOT_HELD
      ? this.#reader.readNumbers((entry.statmPath ??= this.#statmPath.of(entry.pid).toString()), numbers)
      : this.#reader.readNumbersOf(entry.fd, numbers);
  }

  /**
   * Makes sure that the PID is still who the entry says, if its memory makes one doubt it: a successor is read. False if there is
   * nobody to read any more. Of a process that is as it was and has no more than `largePages`, nothing is read.
   */
  recognise(entry: TableEntry, residentPages: number, largePages: number): boolean {
    const formerPages = entry.residentPages;
    const isNew = formerPages === NOT_KNOWN_YET;
    const isDoubtful = !isNew && isUnlike(residentPages, formerPages);
    if (entry.fd !== NOT_HELD) {
      entry.residentPages = residentPages;
      return !isDoubtful || this.#readUidOfHeld(entry);
    }
    if (!isNew && !isDoubtful && residentPages <= largePages) {
      return true;
    }
    const isRecognised = isNew || this.#startTimeOf(entry.pid) === entry.startTime || this.#read(entry);
    entry.residentPages = residentPages;
    return isRecognised;
  }

  has(pid: number): boolean {
    return this.#byPid.has(pid);
  }

  forget(pid: number): void {
    const entry = this.#byPid.get(pid);
    if (entry !== undefined) {
      this.#drop(entry);
    }
  }

  /** Whether the file that is held of this very process says that it is gone, whoever has its PID by now. */
  hasGone({ pid, startTime }: ProcessIdentity): boolean {
    const entry = this.#byPid.get(pid);
    return (
      entry?.startTime === startTime &&
      entry.fd !== NOT_HELD &&
      this.#reader.readNumbersOf(entry.fd, this.#confirmation) === -1
    );
  }

  /** What the uid of a PID has turned out to be: if that is another one, the entry is read again. */
  learnUid(pid: number, uid: number): void {
    if (this.#byPid.get(pid)?.uid !== uid) {
      this.forget(pid);
    }
  }

  /** Drops the entries that this scan has not met. */
  sweep(scan: number): void {
    for (let place = this.#entries.length - 1; place >= 0; place -= 1) {
      const entry = this.#entries[place];
      if (entry !== undefined && entry.seenInScan !== scan) {
        this.#drop(entry);
      }
    }
  }

  /** Sees to it that the largest are held. */
  settleHeld(): void {
    this.#choice.settle(this.#entries, this.#hold);
    this.#isCrowded = this.#entries.length > this.#held.most;
  }

  /** Whether the first thread has ended and left the process to the others, so that its own files show no memory. */
  hasLostFirstThread(pid: number): boolean {
    const line = this.#reader.read(this.#statPath.of(pid));
    const stat = line === undefined ? undefined : parseStat(line);
    return stat !== undefined && isZombie(stat) && !hasExited(stat);
  }

  readonly #hold = (entry: TableEntry): void => {
    if (this.#keepOpen(entry)) {
      entry.readings = 0;
      if (!this.#read(entry)) {
        this.#held.release(entry);
      }
    }
  };

  #add(pid: number): TableEntry {
    const entry: TableEntry = {
      pid,
      fd: NOT_HELD,
      statmPath: undefined,
      place: this.#entries.length,
      startTime: 0,
      uid: 0,
      isKernelThread: false,
      readings: 0,
      residentPages: NOT_KNOWN_YET,
      rank: 0,
      seenInScan: 0,
    };
    this.#entries.push(entry);
    this.#byPid.set(pid, entry);
    return entry;
  }

  #drop(entry: TableEntry): void {
    this.#held.release(entry);
    this.#byPid.delete(entry.pid);
    const last = this.#entries.pop();
    if (last !== undefined && last !== entry) {
      this.#entries[entry.place] = last;
      last.place = entry.place;
    }
  }

  #keepOpen(entry: TableEntry): boolean {
    const isHeld = this.#held.hold(entry, this.#statmPath.of(entry.pid));
    entry.statmPath = undefined;
    return isHeld;
  }

  /** A held one is the process that it was; another one is made sure of. */
  #read(entry: TableEntry): boolean {
    const isKnown = entry.fd !== NOT_HELD && entry.readings > 0;
    if (isKnown) {
      entry.readings += 1;
      return this.#readUid(entry);
    }
    const startTime = this.#startTimeOf(entry.pid);
    if (Number.isNaN(startTime)) {
      return false;
    }
    const flags = numberOfStat(this.#reader.bytes, this.#statLength, STAT_FLAGS);
    entry.readings = entry.startTime === startTime ? entry.readings + 1 : 1;
    entry.startTime = startTime;
    entry.isKernelThread = isKernelThread({ flags });
    entry.residentPages = NOT_KNOWN_YET;
    return this.#readUid(entry);
  }

  /** The uid comes from `status`: the files of a process that is not dumpable belong to root. */
  #readUid(entry: TableEntry): boolean {
    const length = this.#reader.readBytes(this.#statusPath.of(entry.pid));
    const uid = length === -1 ? Number.NaN : uidOfStatus(this.#reader.bytes, length);
    if (Number.isNaN(uid)) {
      return false;
    }
    entry.uid = uid;
    return true;
  }

  /** What was read is a held one's only if that still answers afterwards. */
  #readUidOfHeld(entry: TableEntry): boolean {
    return (
      this.#readUid(entry) &&
      (entry.fd === NOT_HELD || this.#reader.readNumbersOf(entry.fd, this.#confirmation) !== -1)
    );
  }

  /** NaN if there is none to read. */
  #startTimeOf(pid: number): number {
    this.#statLength = this.#reader.readBytes(this.#statPath.of(pid));
    return this.#statLength === -1
      ? Number.NaN
      : numberOfStat(this.#reader.bytes, this.#statLength, STAT_START_TIME);
  }
}
