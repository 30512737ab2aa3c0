import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';

import { digestLetter } from '../letter/digest-letter.js';
import { letterOf } from '../letter/letter-of.js';
import type { Letter } from '../letter/letter.js';
import { addressOf } from '../notice/addresses.js';
import { recipientKey } from '../notice/notice.js';
import type { SpoolLayout } from '../spool/layout.js';
import { hasSenderUnit } from '../spool/sender-unit.js';
import { readSenderSettings, type SenderSettings } from '../spool/sender-settings.js';
import { buryMail } from './dead-letters.js';
import { takeIn } from './intake.js';
import { lockFile } from './lock.js';
import { MailboxStore } from './mailbox-store.js';
import { begun, deferred, done, dueMs, tried, type Mail, type Mailbox } from './mailbox.js';
import { composeMessage, type Message } from './message.js';
import { domainOf, senderOf } from './sender-address.js';
import { transportOf } from './transport-of.js';
import type { Attempt, Transport } from './transport.js';

export interface DeliverOptions {
  readonly layout: SpoolLayout;
  /** One line for whoever runs it. */
  readonly tell: (message: string) => void;
  readonly now?: () => number;
}

export interface Delivered {
  readonly sent: number;
  readonly deferred: number;
  readonly dead: number;
  /** Whether something waits for its time. */
  readonly isWaiting: boolean;
}

/**
 * Delivers what is due, and ends. One at a time: where another one is at work, undefined. Rejects with MM_ERR_MAIL where there is no
 * spool, and with MM_ERR_PERMISSION where another user delivers.
 */
export async function deliver(options: DeliverOptions): Promise<Delivered | undefined> {
  const { layout, tell } = options;
  requireOwnQueue(layout);
  const settings = await settingsOf(layout);
  await mkdir(layout.mailboxes, { recursive: true, mode: 0o700 });
  const lock = await lockFile(join(layout.mailboxes, 'lock'));
  if (lock === undefined) {
    return undefined;
  }
  try {
    const store = new MailboxStore(layout);
    await store.load(tell);
    return await new Delivery(options, settings, store).run();
  } finally {
    await lock.close();
  }
}

/** Files of anybody else, root's too, could not be read by the one who delivers. */
function requireOwnQueue(layout: SpoolLayout): void {
  if (hasSenderUnit(layout)) {
    throw new MonitorError(
      'MM_ERR_PERMISSION',
      `The mail in ${layout.directory} is delivered by a unit of its own; run: sudo systemctl start memory-monitor-mail.`,
    );
  }
}

async function settingsOf(layout: SpoolLayout): Promise<SenderSettings> {
  try {
    return await readSenderSettings(layout);
  } catch (error) {
    throw new MonitorError(
      'MM_ERR_MAIL',
      `There is no mail in ${layout.directory} (${messageOf(error)}); the plugin @memory-monitor/notifier-email makes it when the monitor runs.`,
      { cause: error },
    );
  }
}

/** One run of the sender. */
class Delivery {
  readonly #layout: SpoolLayout;
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  readonly #settings: SenderSettings;
  readonly #store: MailboxStore;
  readonly #transport: Transport;
  readonly #from: string;
  #sent = 0;
  #deferred = 0;
  #dead = 0;

  constructor(options: DeliverOptions, settings: SenderSettings, store: MailboxStore) {
    this.#layout = options.layout;
    this.#tell = options.tell;
    this.#now = options.now ?? Date.now;
    this.#settings = settings;
    this.#store = store;
    this.#transport = transportOf(settings);
    this.#from = senderOf(settings.from);
  }

  async run(): Promise<Delivered> {
    // Before anything else: a sender that is killed is to be followed by another one.
    await writeFile(this.#layout.waiting, '');
    const inVain = new Set<string>();
    for (;;) {
      await takeIn(this.#layout, this.#store, this.#tell);
      const [next] = this.#due(inVain);
      if (next === undefined) {
        break;
      }
      const state = await this.#deliverTo(next);
      if (state !== 'sent') {
        inVain.add(recipientKey(next.recipient));
      }
      if (state === 'unreachable') {
        await this.#deferAll(this.#due(inVain));
      }
    }
    const isWaiting = await this.#markWaiting();
    return { sent: this.#sent, deferred: this.#deferred, dead: this.#dead, isWaiting };
  }

  /**
   * Those that are due and were not tried in vain in this run: those that never were first, then the one that has been due for longest. A
   * mail at which the server hangs up, or the sender ends, would be in the way of all others if it came first again.
   */
  #due(inVain: ReadonlySet<string>): Mailbox[] {
    return this.#store
      .all()
      .map((mailbox) => ({ mailbox, atMs: dueMs(mailbox, this.#settings.digestMs, this.#now()) ?? Infinity }))
      .filter(({ mailbox, atMs }) => atMs <= this.#now() && !inVain.has(recipientKey(mailbox.recipient)))
      .sort((a, b) => triedMs(a.mailbox) - triedMs(b.mailbox) || a.atMs - b.atMs)
      .map(({ mailbox }) => mailbox);
  }

  /** What one mail has met, the others would meet as well: a server that is away is asked once. */
  async #deferAll(mailboxes: readonly Mailbox[]): Promise<void> {
    for (const mailbox of mailboxes) {
      const nowMs = this.#now();
      await this.#store.save(deferred(begun(mailbox, nowMs, domainOf(this.#from)), nowMs));
      this.#deferred += 1;
    }
  }

  async #deliverTo(mailbox: Mailbox): Promise<Attempt['state']> {
    const nowMs = this.#now();
    const ready = tried(begun(mailbox, nowMs, domainOf(this.#from)), nowMs);
    const { mail } = ready;
    if (mail === undefined) {
      return 'sent';
    }
    // Before it is sent: after a crash it has to be the same mail.
    await this.#store.save(ready);
    const message = await this.#compose(ready, mail);
    const attempt = await this.#transport.send(message, addressOf(this.#from), ready.recipient.address);
    await this.#account(ready, mail, message, attempt);
    return attempt.state;
  }

  async #account(mailbox: Mailbox, mail: Mail, message: Message, attempt: Attempt): Promise<void> {
    const nowMs = this.#now();
    const { address } = mailbox.recipient;
    if (attempt.state === 'sent') {
      await this.#store.save(done(mailbox, nowMs));
      this.#sent += 1;
      this.#tell(`Sent to ${address}: ${message.subject}`);
      return;
    }
    const isTooOld = nowMs - mail.atMs > this.#settings.giveUpMs;
    if (attempt.state === 'refused' || isTooOld) {
      const path = await buryMail(this.#layout, message);
      await this.#store.save(done(mailbox, undefined));
      this.#dead += 1;
      this.#tell(`Given up, and kept in ${path}: a mail to ${address}. ${attempt.reason}`);
      return;
    }
    await this.#store.save(deferred(mailbox, nowMs));
    this.#deferred += 1;
    this.#tell(`A mail to ${address} is tried again later. ${attempt.reason}`);
  }

  async #compose(
    { recipient, host, lastSentMs }: Mailbox,
    { messageId, atMs, bundle }: Mail,
  ): Promise<Message> {
    const { audience, address } = recipient;
    const letter: Letter =
      bundle.count === 1
        ? letterOf({ notice: bundle.first, audience, contact: this.#settings.contact })
        : digestLetter({
            host,
            audience,
            isFirst: lastSentMs === undefined,
            // The clock may have been set back since the last mail.
            sinceMs: Math.min(lastSentMs ?? Infinity, bundle.first.atMs),
            untilMs: atMs,
            causes: bundle.causes,
          });
    return await composeMessage(letter, { messageId, atMs, from: this.#from, to: address }, this.#tell);
  }

  /** The mark stays, for whoever starts the sender, if something waits. */
  async #markWaiting(): Promise<boolean> {
    const isWaiting = this.#store
      .all()
      .some((mailbox) => dueMs(mailbox, this.#settings.digestMs, this.#now()) !== undefined);
    if (!isWaiting) {
      await rm(this.#layout.waiting, { force: true });
    }
    return isWaiting;
  }
}

function triedMs({ mail }: Mailbox): number {
  return mail?.triedMs ?? 0;
}
