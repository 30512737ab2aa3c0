/** The fields of `/proc/PID/stat` that the monitor uses; proc_pid_stat(5). */
export interface Stat {
  /** The kernel's name as it is stored: any bytes but NUL, also spaces, parentheses and newlines. */
  readonly comm: Buffer;
  /** One letter: `Z` is a zombie, `D` sleeps uninterruptibly, … */
  readonly state: string;
  readonly parentPid: number;
  /** 0 where its number is not visible in this PID namespace; so is that of the session. */
  readonly processGroupId: number;
  readonly sessionId: number;
  /** Device number of the controlling terminal, 0 if there is none. */
  readonly terminalDevice: number;
  /** `PF_…` bits of the kernel. */
  readonly flags: number;
  readonly threads: number;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

/** `PF_EXITING` and `PF_KTHREAD` of include/linux/sched.h. */
const PF_EXITING = 0x4;
const PF_KTHREAD = 0x200000;

/** Where the start time stands, counted from the state; more fields follow, so that one cut short is told. */
const START_TIME = 19;

const OPENING = 0x28;
const CLOSING = 0x29;

/** Reads a `stat` line; undefined if it is not one. */
export function parseStat(line: Buffer): Stat | undefined {
  // The name may hold parentheses itself: the last one of the line closes it, since only numbers follow.
  const from = line.indexOf(OPENING);
  const to = line.lastIndexOf(CLOSING);
  if (from === -1 || to < from) {
    return undefined;
  }
  const fields = line.toString('latin1', to + 2).split(' ');
  const number = (index: number): number => Number(fields[index] ?? Number.NaN);
  const stat = {
    comm: Buffer.from(line.subarray(from + 1, to)),
    state: fields[0] ?? '',
    parentPid: number(1),
    processGroupId: number(2),
    sessionId: number(3),
    terminalDevice: number(4),
    flags: number(6),
    threads: number(17),
    startTime: number(START_TIME),
  };
  const isWhole = fields.length > START_TIME + 1;
  return isWhole && Number.isInteger(stat.startTime) && Number.isInteger(stat.parentPid) ? stat : undefined;
}

export function isKernelThread({ flags }: Pick<Stat, 'flags'>): boolean {
  return (flags & PF_KTHREAD) !== 0;
}

/** The process (its first thread) has begun to exit. */
export function isExiting({ flags }: Stat): boolean {
  return (flags & PF_EXITING) !== 0;
}

/** The first thread is a zombie; the process lives on if other threads do. */
export function isZombie({ state }: Stat): boolean {
  return state === 'Z' || state === 'X' || state === 'x';
}

/** Nothing of the process runs any more. */
export function hasExited(stat: Stat): boolean {
  return isZombie(stat) && !(stat.threads > 1);
}

/** `pts/3`, `tty1`, or `major:minor`; undefined without a terminal. Device numbers as in new_decode_dev(). */
export function terminalName(device: number): string | undefined {
  if (device === 0 || Number.isNaN(device)) {
    return undefined;
  }
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) {
    return `pts/${(major - 136) * 256 + minor}`;
  }
  return major === 4 && minor < 64 ? `tty${minor}` : `${major}:${minor}`;
}
