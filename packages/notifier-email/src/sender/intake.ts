import { mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '@memory-monitor/core';

import { isAddress } from '../notice/addresses.js';
import { recipientKey, type Notice } from '../notice/notice.js';
import type { SpoolLayout } from '../spool/layout.js';
import type { MailboxStore } from './mailbox-store.js';
import { taken, type Mailbox } from './mailbox.js';

/** So many notices are read at once: what they say has to fit into memory. */
const BATCH = 200;

/**
 * Brings notices into their recipients' mailboxes: from `new` to `queue`, where that is allowed (in the service, the unit has done
 * it), and from `queue` into the mailboxes. Each is in one of the three at any time.
 */
export async function takeIn(
  layout: SpoolLayout,
  store: MailboxStore,
  warn: (message: string) => void,
): Promise<void> {
  await mkdir(layout.queue, { recursive: true, mode: 0o700 });
  await moveNew(layout);
  const names = (await readdir(layout.queue)).sort();
  for (let first = 0; first < names.length; first += BATCH) {
    await takeBatch(layout, names.slice(first, first + BATCH), store, warn);
  }
}

async function moveNew({ fresh, queue }: SpoolLayout): Promise<void> {
  try {
    for (const name of await readdir(fresh)) {
      await rename(join(fresh, name), join(queue, name));
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not there yet, or somebody else's to move.
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOENT' && code !== 'EROFS') {
      throw error;
    }
  }
}

/** A crash before the last unlink finds some of them in a mailbox already, where their ids are known. */
async function takeBatch(
  { queue }: SpoolLayout,
  names: readonly string[],
  store: MailboxStore,
  warn: (message: string) => void,
): Promise<void> {
  const changed = new Map<string, Mailbox>();
  for (const name of names) {
    const path = join(queue, name);
    const notice = await readNotice(path, warn);
    for (const recipient of notice?.recipients ?? []) {
      if (notice !== undefined && isAddress(recipient.address)) {
        const key = recipientKey(recipient);
        changed.set(key, taken(changed.get(key) ?? store.of(recipient, notice.host), notice));
      }
    }
  }
  for (const mailbox of changed.values()) {
    await store.save(mailbox);
  }
  for (const name of names) {
    await unlink(join(queue, name));
  }
}

async function readNotice(path: string, warn: (message: string) => void): Promise<Notice | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Notice;
  } catch (error) {
    warn(`A notice can not be read and is left out, ${path}: ${messageOf(error)}`);
    return undefined;
  }
}
