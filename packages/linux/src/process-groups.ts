import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type {
  GroupKind,
  ProcessGroup,
  ProcessGroups,
  ProcessIdentity,
  ProcessInspection,
} from '@memory-monitor/core';

import { parseCgroup } from './proc/cgroup.js';
import type { ProcReader } from './proc/proc-reader.js';
import { hasExited, parseStat, type Stat } from './proc/stat.js';
import { numberOfStat, STAT_PROCESS_GROUP, STAT_SESSION } from './scan/identity-bytes.js';

/** Where version 2 of the control groups is mounted: alone, or beside version 1. */
const V2_MOUNTS = ['', 'unified'];

const NAMES = { group: 'process group', session: 'session', cgroup: 'control group' } as const;

/** Process groups, sessions and control groups, as `/proc` shows them. */
export class LinuxProcessGroups implements ProcessGroups {
  readonly #reader: ProcReader;
  readonly #procRoot: string;
  readonly #cgroupRoot: string;

  constructor(reader: ProcReader, procRoot = '/proc', cgroupRoot = '/sys/fs/cgroup') {
    this.#reader = reader;
    this.#procRoot = procRoot;
    this.#cgroupRoot = cgroupRoot;
  }

  groupOf({ pid, startTime }: ProcessIdentity, kind: GroupKind): ProcessGroup | undefined {
    const stat = this.#stat(pid);
    const id = stat?.startTime === startTime ? this.#idOf(pid, stat, kind) : undefined;
    return id === undefined || !this.#mayBeEnded(id) ? undefined : this.#group(kind, id, pid);
  }

  #group(kind: GroupKind, id: number | string, violatorPid: number): ProcessGroup {
    return {
      kind,
      name: `${NAMES[kind]} ${id}`,
      members: () => this.#members(kind, id, violatorPid),
      has: (inspection) => isWithin(idIn(inspection, kind), id),
      killAll: (members) => typeof id === 'string' && this.#killAll(id, members),
    };
  }

  /** Neither what has no number here (0), nor the root of the control groups, one that the monitor is in, or one above that. */
  #mayBeEnded(id: number | string): boolean {
    if (typeof id === 'number') {
      return id > 0;
    }
    const own = this.#cgroupOf('self');
    return id !== '/' && !id.startsWith('/..') && own !== undefined && !isWithin(own, id);
  }

  #members(kind: GroupKind, id: number | string, violatorPid: number): ProcessIdentity[] {
    const members: ProcessIdentity[] = [];
    const pids =
      this.#listed(id, violatorPid) ?? this.#everybody().filter((pid) => this.#mayBelong(pid, kind, id));
    for (const pid of pids) {
      const stat = this.#stat(pid);
      if (stat !== undefined && !hasExited(stat) && isWithin(this.#idOf(pid, stat, kind), id)) {
        members.push({ pid, startTime: stat.startTime });
      }
    }
    return members;
  }

  /** Says so of few others, and makes nothing for each: what a machine's thousands of processes took once, this one would keep. */
  #mayBelong(pid: number, kind: GroupKind, id: number | string): boolean {
    if (typeof id === 'string') {
      const length = this.#reader.readBytes(`${this.#procRoot}/${pid}/cgroup`);
      const at = length === -1 ? -1 : this.#reader.bytes.indexOf(id);
      return at !== -1 && at < length;
    }
    const length = this.#reader.readBytes(`${this.#procRoot}/${pid}/stat`);
    const field = kind === 'group' ? STAT_PROCESS_GROUP : STAT_SESSION;
    return length !== -1 && numberOfStat(this.#reader.bytes, length, field) === id;
  }

  #everybody(): number[] {
    return readdirSync(this.#procRoot).map(Number).filter(Number.isInteger);
  }

  /**
   * The kernel's own list, which is a hundredth of the work where the machine has a hundred times as many processes. The directory may
   * be another group's, as below: it counts only if the violator is in it.
   */
  #listed(id: number | string, violatorPid: number): number[] | undefined {
    const directory = typeof id === 'string' ? this.#directoryOf(id, 'cgroup.procs') : undefined;
    try {
      const pids = directory === undefined ? undefined : pidsBelow(directory);
      return pids?.includes(violatorPid) === true ? pids : undefined;
    } catch {
      return undefined;
    }
  }

  /** Where version 2 shows the group, if that file of it is there. */
  #directoryOf(path: string, file: string): string | undefined {
    return V2_MOUNTS.map((mount) => join(this.#cgroupRoot, mount, path)).find((candidate) =>
      existsSync(join(candidate, file)),
    );
  }

  #idOf(pid: number, stat: Stat, kind: GroupKind): number | string | undefined {
    switch (kind) {
      case 'group':
        return stat.processGroupId;
      case 'session':
        return stat.sessionId;
      case 'cgroup':
        return this.#cgroupOf(pid);
    }
  }

  #cgroupOf(pid: number | 'self'): string | undefined {
    const text = this.#reader.read(`${this.#procRoot}/${pid}/cgroup`)?.toString('utf8');
    return text === undefined ? undefined : parseCgroup(text);
  }

  #stat(pid: number): Stat | undefined {
    const line = this.#reader.read(`${this.#procRoot}/${pid}/stat`);
    return line === undefined ? undefined : parseStat(line);
  }

  /**
   * `cgroup.kill` (Linux 5.14). The path in `/proc` and the mount may belong to different namespaces, and the directory be another group's
   * then: so the kernel's own list of its processes has to be that of the members, no more and no less.
   */
  #killAll(path: string, members: readonly ProcessIdentity[]): boolean {
    const directory = this.#directoryOf(path, 'cgroup.kill');
    if (directory === undefined) {
      return false;
    }
    try {
      const listed = new Set(pidsBelow(directory));
      if (listed.size !== members.length || !members.every(({ pid }) => listed.has(pid))) {
        return false;
      }
      writeFileSync(join(directory, 'cgroup.kill'), '1');
      return true;
    } catch {
      // A group that is gone, is threaded, or may not be written to: its members are signalled one by one.
      return false;
    }
  }
}

function pidsBelow(directory: string): number[] {
  const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...readFileSync(join(directory, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number),
    ...below.flatMap(({ name }) => pidsBelow(join(directory, name))),
  ];
}

function idIn(inspection: ProcessInspection, kind: GroupKind): number | string | undefined {
  const { processGroupId, sessionId, cgroup } = inspection;
  return { group: processGroupId, session: sessionId, cgroup }[kind];
}

/** Control groups have others below them. */
function isWithin(id: number | string | undefined, wanted: number | string): boolean {
  return id === wanted || (typeof id === 'string' && id.startsWith(`${wanted}/`));
}
