import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process as a fake `/proc` shows it; what is left out is an ordinary process's. */
export interface FakeEntry {
  readonly pid: number;
  readonly startTime?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly residentPages?: number;
  readonly sharedPages?: number;
  readonly comm?: string | Buffer;
  readonly state?: string;
  readonly parentPid?: number;
  readonly processGroupId?: number;
  readonly sessionId?: number;
  readonly terminalDevice?: number;
  readonly flags?: number;
  readonly threads?: number;
  readonly executable?: string | Buffer;
  readonly cgroup?: string;
  readonly oomScoreAdj?: number;
  readonly tracerPid?: number;
}

export const PF_EXITING = 0x4;
export const PF_KTHREAD = 0x200000;

/** A directory that looks like `/proc`. */
export class FakeProc {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.write('uptime', '1000.00 1000.00\n');
  }

  add(entry: FakeEntry): void {
    const directory = String(entry.pid);
    this.write(`${directory}/stat`, statLine(entry));
    this.write(`${directory}/status`, statusText(entry));
    this.write(`${directory}/statm`, statmLine(entry));
    if (entry.executable !== undefined) {
      rmSync(join(this.root, directory, 'exe'), { force: true });
      symlinkSync(entry.executable, join(this.root, directory, 'exe'));
    }
    if (entry.cgroup !== undefined) {
      this.write(`${directory}/cgroup`, entry.cgroup);
    }
    if (entry.oomScoreAdj !== undefined) {
      this.write(`${directory}/oom_score_adj`, `${entry.oomScoreAdj}\n`);
    }
  }

  /** Writes one file, and the directory above it. */
  write(path: string, content: string | Buffer): void {
    const slash = path.lastIndexOf('/');
    if (slash !== -1) {
      mkdirSync(join(this.root, path.slice(0, slash)), { recursive: true });
    }
    writeFileSync(join(this.root, path), content);
  }

  remove(path: string | number): void {
    rmSync(join(this.root, String(path)), { recursive: true });
  }
}

/** A line of `/proc/PID/stat`, with all of its 52 fields. */
export function statLine(entry: FakeEntry): Buffer {
  const { pid, comm = 'fake', state = 'S', parentPid = 1, sessionId = pid, terminalDevice = 0 } = entry;
  const { flags = 0x400000, threads = 1, startTime = 100, processGroupId = pid } = entry;
  const before = [state, parentPid, processGroupId, sessionId, terminalDevice, -1, flags];
  const times = [0, 0, 0, 0, 0, 0, 0, 0, 20, 0];
  const after = [threads, 0, startTime, 9_000_000, 50, '18446744073709551615', ...Array<number>(27).fill(0)];
  return Buffer.concat([
    Buffer.from(`${pid} (`),
    Buffer.from(comm),
    Buffer.from(`) ${[...before, ...times, ...after].join(' ')}\n`),
  ]);
}

/** The kernel escapes newlines and backslashes in a name here, and only here. */
export function statusText(entry: FakeEntry): Buffer {
  const { pid, comm = 'fake', state = 'S', uid = 1000, gid = 1000, tracerPid = 0 } = entry;
  const name = Buffer.from(comm).toString('latin1').replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const lines = [
    `Name:\t${name}`,
    'Umask:\t0022',
    `State:\t${state} (sleeping)`,
    `Tgid:\t${pid}`,
    `Pid:\t${pid}`,
    `TracerPid:\t${tracerPid}`,
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    `Gid:\t${gid}\t${gid}\t${gid}\t${gid}`,
    'FDSize:\t64',
    'Groups:\t4 24 27 ',
    'VmRSS:\t     400 kB',
    'RssAnon:\t     100 kB',
    'RssFile:\t     200 kB',
    'RssShmem:\t     100 kB',
    'VmSwap:\t       8 kB',
    'Threads:\t1',
  ];
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}

export function statmLine({ residentPages = 50, sharedPages = 20 }: FakeEntry): string {
  return `${residentPages + 1000} ${residentPages} ${sharedPages} 5 0 30 0\n`;
}
