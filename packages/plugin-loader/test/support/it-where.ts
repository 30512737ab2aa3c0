import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A test that needs something of the machine: skipped, with the reason in its title, where `lack` names one. */
export function itWhere(lack: string | undefined, title: string, body: Mocha.AsyncFunc): void {
  if (lack === undefined) {
    it(title, body);
  } else {
    it.skip(`${title} (skipped: ${lack})`, body);
  }
}

/** Somebody who is not root, and whom no isolated plugin runs as. */
export const SOMEBODY = 65_534;

export const lacksRoot = process.getuid?.() === 0 ? undefined : 'needs root';
export const lacksOtherUsers =
  lacksRoot ??
  lackUnless('other users can not run this Node', process.execPath, ['--version'], {
    uid: SOMEBODY,
    gid: SOMEBODY,
  });
/** What isolated plugins need of root, and of where the monitor is. */
export const lacksIsolation =
  lacksOtherUsers ??
  lackUnless(
    'other users can not read this checkout',
    '/bin/sh',
    ['-c', 'exec < "$1"', 'sh', fileURLToPath(import.meta.url)],
    {
      uid: SOMEBODY,
      gid: SOMEBODY,
    },
  );
export const lacksSetpriv =
  lacksRoot ?? lackUnless('needs setpriv of util-linux', 'setpriv', ['--bounding-set=-setuid', 'true']);

function lackUnless(
  lack: string,
  command: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number } = {},
): string | undefined {
  return spawnSync(command, args, options).status === 0 ? undefined : lack;
}
