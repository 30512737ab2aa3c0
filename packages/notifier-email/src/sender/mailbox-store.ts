import { createHash } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '@memory-monitor/core';

import { recipientKey, type Recipient } from '../notice/notice.js';
import { syncDirectory, writeDurably } from '../spool/durable.js';
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

  /** Reads what there is. One that can't be read is put aside, and told: another one would take its place. */
  async load(warn: (message: string) => void): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (name.endsWith(SUFFIX)) {
        const path = join(this.#directory, name);
        try {
          const mailbox = JSON.parse(await readFile(path, 'utf8')) as Mailbox;
          this.#mailboxes.set(name.slice(0, -SUFFIX.length), mailbox);
        } catch (error) {
          await rename(path, `${path}.broken`);
          warn(`What waits in ${path} can not be read, and is kept as ${path}.broken: ${messageOf(error)}`);
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
    await writeDurably(`${path}.new`, JSON.stringify(mailbox), 0o600);
    await rename(`${path}.new`, path);
    await syncDirectory(this.#directory);
    this.#mailboxes.set(name, mailbox);
  }
}

/** Addresses have characters that file names should not have. */
function nameOf(recipient: Recipient): string {
  return createHash('sha256').update(recipientKey(recipient)).digest('hex').slice(0, 32);
}
