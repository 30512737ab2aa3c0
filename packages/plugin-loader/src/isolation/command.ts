import { readFileSync } from 'node:fs';

/** The JavaScript heap of a plugin's process. */
const HEAP_MB = 64;
/** What it may have beyond what Node itself takes: heap, buffers, stacks of threads. */
const DATA_MB = 160;
/** Threads count: Node has about a dozen. */
const MOST_PROCESSES = 20;
const MOST_DESCRIPTORS = 256;

/** A setpriv(1) that can do what is needed. */
export interface Setpriv {
  readonly path: string;
  /** Since util-linux 2.33. */
  readonly hasParentDeathSignal: boolean;
}

export interface LimitedCommand {
  /** The module that serves the plugin. */
  readonly entry: string;
  /** Whom it runs as; undefined for the monitor's own user, where that is not root. */
  readonly uid: number | undefined;
  /** Undefined where there is none: Node then changes the user, before the shell starts. */
  readonly setpriv: Setpriv | undefined;
}

/**
 * The limits are set by a shell before Node starts, since Node can't, and while it is the monitor's user still: hard limits can't be
 * raised again. Out of memory, the kernel is to take this process and not the monitor; a core file would hold whatever the plugin
 * knows. Processes are counted for a user as a whole: a user that the plugin shares may have more already.
 */
export function limitedShell({ entry, uid, setpriv }: LimitedCommand): string[] {
  const script = [
    'echo 1000 2>/dev/null >/proc/self/oom_score_adj',
    'ulimit -c 0',
    'ulimit -d "$1" || exit 125',
    `ulimit -n ${MOST_DESCRIPTORS} 2>/dev/null`,
    // bash has -u for what dash and busybox have -p for.
    uid === undefined
      ? ':'
      : `ulimit -u ${MOST_PROCESSES} 2>/dev/null || ulimit -p ${MOST_PROCESSES} 2>/dev/null`,
    'shift',
    'exec "$@"',
  ].join('\n');
  const node = [process.execPath, `--max-old-space-size=${HEAP_MB}`, entry];
  return ['-c', script, 'sh', String(dataLimitKb()), ...asUser(uid, setpriv), ...node];
}

/** Group memberships, privileges and whatever a set-user-ID program could give are left behind; nothing outlives the monitor. */
function asUser(uid: number | undefined, setpriv: Setpriv | undefined): string[] {
  if (uid === undefined || setpriv === undefined) {
    return [];
  }
  return [
    setpriv.path,
    '--reuid',
    String(uid),
    '--regid',
    String(uid),
    '--clear-groups',
    '--no-new-privs',
    // Those that are ambient, as a monitor with a user of its own has them, go with these: capabilities(7).
    '--inh-caps=-all',
    ...(setpriv.hasParentDeathSignal ? ['--pdeathsig', 'KILL'] : []),
  ];
}

/**
 * RLIMIT_DATA counts private writable mappings, used or not, and some versions of V8 reserve half a gigabyte of those at start:
 * what this process, of the same version, has of them is what a new one begins with.
 */
function dataLimitKb(): number {
  const status = readFileSync('/proc/self/status', 'latin1');
  const ownKb = Number(/^VmData:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return ownKb + DATA_MB * 1024;
}
