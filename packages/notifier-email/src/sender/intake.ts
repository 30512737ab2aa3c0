import { mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '@memory-monitor/core';

import { isAddress } from '../notice/addresses.js';
import { recipientKey, type Notice, type Recipient } from '../notice/notice.js';
import type { SpoolLayout } from '../spool/layout.js';
import { keepNotice } from './dead-letters.js';
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
  layout: SpoolLayout,
  names: readonly string[],
  store: MailboxStore,
  warn: (message: string) => void,
): Promise<void> {
  const changed = new Map<string, Mailbox>();
  const done: string[] = [];
  for (const name of names) {
    const path = join(layout.queue, name);
    try {
      const notice = JSON.parse(await readFile(path, 'utf8')) as Notice;
      const withIt = recipientsOf(notice).map((recipient) => {
        const key = recipientKey(recipient);
        return [key, taken(changed.get(key) ?? store.of(recipient, notice.host), notice)] as const;
      });
      withIt.forEach(([key, mailbox]) => changed.set(key, mailbox));
      done.push(path);
    } catch (error) {
      const kept = await keepNotice(layout, path);
      warn(`A notice can not be taken, and is kept in ${kept}: ${messageOf(error)}`);
    }
  }
  for (const mailbox of changed.values()) {
    await store.save(mailbox);
  }
  for (const path of done) {
    await unlink(path);
  }
}

/** Each counts once. */
function recipientsOf({ recipients }: Notice): Recipient[] {
  const byKey = new Map(recipients.map((recipient) => [recipientKey(recipient), recipient]));
  return [...byKey.values()].filter(({ address }) => isAddress(address));
}
