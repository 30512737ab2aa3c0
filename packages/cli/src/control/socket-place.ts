import { lstatSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

import { hasPrivileges } from '@memory-monitor/linux';
import { makeTrustedDirectory } from '@memory-monitor/plugin-loader';

const WHAT = 'the directory of the control socket';
const PASSABLE = 0o755;
const OTHERS_MAY_WRITE = 0o022;

/**
 * Makes way for a socket at `path`. Rejects with a sentence where somebody else could put another one in its place, where
 * something else lies there, or where another monitor answers.
 */
export async function prepareSocketPlace(path: string): Promise<void> {
  const directory = dirname(path);
  // Above it, sticky directories will do: what is one's own stays in its place there.
  makeTrustedDirectory(directory, WHAT, { mode: PASSABLE, allowsSticky: true });
  if (hasPrivileges() && (statSync(directory).mode & OTHERS_MAY_WRITE) !== 0) {
    throw new Error(
      `${directory}, ${WHAT}, is not trusted because others may write to it; set control_socket to a path in a directory of root's own`,
    );
  }
  if (await answers(path)) {
    throw new Error(`another monitor answers at ${path}, so this one can not be asked`);
  }
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSocket() === false) {
    throw new Error(
      `${path} is something else than a socket; remove it, or set control_socket to another path`,
    );
  }
  rmSync(path, { force: true });
}

/** Whether somebody listens there: a socket that a crash has left behind does not answer, and one that is busy has no room. */
async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'EAGAIN');
    });
  });
}
