import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '@memory-monitor/core';

import type { Recipient } from '../notice/notice.js';
import type { SpoolLayout } from '../spool/layout.js';
import { emptyMailbox, type Mailbox } from './mailbox.js';

const SUFFIX = '.json';

/** Keeps mailboxes on disk: each change of one is there as a whole, or not at all. */
export class MailboxStore {
  readonly #directory: string;
  readonly #mailboxes = new Map<string, Mailbox>();

  constructor(layout: SpoolLayout) {
    this.#directory = layout.mailboxes;
  }

  /** Reads what there is. One that can't be read is left as it is, and told. */
  async load(warn: (message: string) => void): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#directory)) {
      if (name.endsWith(SUFFIX)) {
        try {
          const mailbox = JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as Mailbox;
          this.#mailboxes.set(name.slice(0, -SUFFIX.length), mailbox);
        } catch (error) {
          warn(`What waits in ${join(this.#directory, name)} can not be read: ${messageOf(error)}`);
        }
      }
    }
  }

  all(): readonly Mailbox[] {
    return [...this.#mailboxes.values()];
  }

  of(recipient: Recipient, host: string): Mailbox {
    return this.#mailboxes.get(nameOf(recipient)) ?? emptyMailbox(recipient, host);
  }

  /** Resolves when it is on disk. */
  async save(mailbox: Mailbox): Promise<void> {
    const name = nameOf(mailbox.recipient);
    const path = join(this.#directory, `${name}${SUFFIX}`);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(mailbox));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    this.#mailboxes.set(name, mailbox);
  }
}

/** Addresses have characters that file names should not have. */
function nameOf({ address, audience }: Recipient): string {
  return createHash('sha256').update(`${audience} ${address}`).digest('hex').slice(0, 32);
}
