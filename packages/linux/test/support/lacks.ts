import type { LinuxKernel } from '#src/kernel/linux-kernel.js';
import { run } from './run.js';

export const lacksRoot = process.getuid?.() === 0 ? undefined : 'needs root';
export const lacksCompiler = lackUnless('needs a C compiler, cc', 'cc', '--version');
export const lacksScript = lackUnless('needs script of util-linux', 'script', '--version');

export const lacksPerl = lackUnless('needs perl', 'perl', '-e', '1');
export const lacksKoffi = await import('koffi').then(
  () => undefined,
  () => 'koffi does not load here',
);

/** In a container, root may be allowed neither of these. */
export const lacksMount = lackUnless(
  'needs to be allowed to mount',
  ...['unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
);
export const lacksPidNamespace = lackUnless(
  'needs to be allowed to make PID namespaces',
  ...['unshare', '--pid', '--fork', '--mount-proc', 'mount', '-o', 'remount,hidepid=1', '/proc'],
);

/** Why there are no pidfds; undefined where there are. */
export function lacksPidfd({ means }: LinuxKernel): string | undefined {
  const { isInUse = false, reason = '' } = means.find(({ name }) => name === 'pidfd') ?? {};
  return isInUse ? undefined : `needs pidfds, and there are none: ${reason}`;
}

export const lacksChosenPids = lackUnless(
  'ns_last_pid can not be written here',
  ...['unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid'],
);

/** The first thing that is lacking; undefined if nothing is. */
export function firstLack(...lacks: readonly (string | undefined)[]): string | undefined {
  return lacks.find((lack) => lack !== undefined);
}

function lackUnless(lack: string, command: string, ...args: readonly string[]): string | undefined {
  return run(command, args).status === 0 ? undefined : lack;
}
