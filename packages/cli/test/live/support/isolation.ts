import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command, as a person starts it. */
/** The command under test: this package's, or the one that is named, such as the bundle's. */
export const COMMAND =
  process.env['MM_TEST_COMMAND'] ?? fileURLToPath(new URL('../../../bin/memory-monitor.js', import.meta.url));

/** Programs of util-linux. */
export const UNSHARE = 'unshare';
const SCRIPT = 'script';
/** It forks without becoming another program, which Node can't. */
export const PERL = 'perl';

/** Somebody who is neither root nor known to own anything: nobody, of any distribution. */
export const ORDINARY_UID = 65534;
export const OTHER_UID = 65533;

/** `proc` mounts a `/proc` of the namespace's own; without it, the outer one stays visible. */
type Isolation = 'proc' | 'foreign-proc';

const NEW_NAMESPACE = ['--pid', '--fork', '--kill-child'];
const WITH_PROC = [...NEW_NAMESPACE, '--mount-proc'];
const AS_USER = ['--user', '--map-root-user'];

const isRoot = process.getuid?.() === 0;
const canIsolateAsRoot = isRoot && works(WITH_PROC);
const canIsolate = canIsolateAsRoot || works([...AS_USER, ...WITH_PROC]);

/** Arguments of unshare(1) for a PID namespace of its own. */
export function unshareArgs(isolation: Isolation): string[] {
  const user = canIsolateAsRoot ? [] : AS_USER;
  return [...user, ...(isolation === 'proc' ? WITH_PROC : NEW_NAMESPACE)];
}

/** What a test can need beside a PID namespace. */
export type Need =
  | 'root'
  | 'other users'
  | 'koffi'
  | 'chosen PIDs'
  | 'script'
  | 'compiler'
  | 'perl'
  | 'control groups v1'
  | 'control groups v2';

/** Where a control group can be made, by version; a machine may have both. */
export const CONTROL_GROUPS = {
  v1: ['/sys/fs/cgroup/systemd'].find((root) => existsSync(root) && !hasVersion2(root)),
  v2: ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find(hasVersion2),
} as const;

/** Why this machine can't run a test; undefined if it can. */
export function whyNot(needs: readonly Need[]): string | undefined {
  return canIsolate
    ? needs.map((need) => MISSING[need]).find((reason) => reason !== undefined)
    : 'unshare --pid works neither as root nor in a user namespace';
}

const MISSING: Readonly<Record<Need, string | undefined>> = {
  root: canIsolateAsRoot ? undefined : 'needs root',
  'other users': whyNoOtherUsers(),
  koffi: await whyNoKoffi(),
  'chosen PIDs': whyNoChosenPids(),
  compiler: spawnSync('cc', ['--version']).status === 0 ? undefined : 'there is no C compiler, cc, here',
  script: spawnSync(SCRIPT, ['--version']).status === 0 ? undefined : 'there is no script(1) here',
  'control groups v1': whyNoControlGroups(CONTROL_GROUPS.v1, 'version 1'),
  'control groups v2': whyNoControlGroups(CONTROL_GROUPS.v2, 'version 2'),
  perl: spawnSync(PERL, ['-v']).status === 0 ? undefined : 'there is no perl here',
};

function hasVersion2(root: string): boolean {
  return existsSync(`${root}/cgroup.controllers`);
}

function whyNoControlGroups(root: string | undefined, version: string): string | undefined {
  if (!canIsolateAsRoot) {
    return 'needs root';
  }
  return root === undefined ? `there are no control groups of ${version} here` : undefined;
}

function works(args: readonly string[]): boolean {
  return spawnSync(UNSHARE, [...args, 'true']).status === 0;
}

function whyNoOtherUsers(): string | undefined {
  if (!canIsolateAsRoot) {
    return 'needs root';
  }
  const version = spawnSync(process.execPath, [COMMAND, '--version'], {
    uid: ORDINARY_UID,
    gid: ORDINARY_UID,
  });
  return version.status === 0 ? undefined : 'other users can not read this checkout';
}

async function whyNoKoffi(): Promise<string | undefined> {
  try {
    await import('koffi');
    return undefined;
  } catch {
    return 'koffi does not load here';
  }
}

function whyNoChosenPids(): string | undefined {
  const write = ['sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid'];
  const isChosen = canIsolate && spawnSync(UNSHARE, [...unshareArgs('proc'), ...write]).status === 0;
  return isChosen ? undefined : 'ns_last_pid can not be written here';
}
