import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import type { Setpriv } from './command.js';

const PLACES = ['/usr/bin/setpriv', '/bin/setpriv'];
const DEADLINE_MS = 2000;

let found: { readonly setpriv: Setpriv | undefined } | undefined;

/** The setpriv(1) of util-linux, looked for once; undefined where there is none. busybox has one that can't change users. */
export function findSetpriv(): Setpriv | undefined {
  found ??= { setpriv: probe(PLACES.find((path) => existsSync(path))) };
  return found.setpriv;
}

function probe(path: string | undefined): Setpriv | undefined {
  if (path === undefined) {
    return undefined;
  }
  const { stdout } = spawnSync(path, ['--help'], {
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  return setprivOf(path, stdout);
}

/** What it can, by what it says of itself. */
export function setprivOf(path: string, help: string | null): Setpriv | undefined {
  const can = (option: string): boolean => help?.includes(option) === true;
  return ['--reuid', '--regid', '--clear-groups', '--no-new-privs', '--inh-caps'].every(can)
    ? { path, hasParentDeathSignal: can('--pdeathsig') }
    : undefined;
}
