import { randomUUID } from 'node:crypto';

import { fold, type FoldedCause } from '../letter/digest-letter.js';
import type { Notice, Recipient } from '../notice/notice.js';

/** So many ids are remembered, so that a notice which is handed over twice counts once. */
const MOST_IDS = 4000;
const MOST_CAUSES = 500;
/** Minutes between attempts; the last one goes on. */
const BACKOFF_MINUTES = [1, 2, 4, 8, 15, 30];
const MINUTE_MS = 60_000;

/** What waits for one recipient, and what is on its way. Plain JSON: it is the account that outlasts the sender. */
export interface Mailbox {
  readonly recipient: Recipient;
  readonly host: string;
  /** When the last mail was taken. */
  readonly lastSentMs: number | undefined;
  readonly waiting: Bundle | undefined;
  /** A mail that is being delivered: whatever happens, it is this one, by its id. */
  readonly mail: Mail | undefined;
  readonly ids: readonly string[];
}

/** Notices that go out together. */
export interface Bundle {
  /** The first one, whole: alone, it is a letter of its own. */
  readonly first: Notice;
  /** All of them, by cause. */
  readonly causes: readonly FoldedCause[];
  readonly count: number;
}

export interface Mail {
  readonly messageId: string;
  readonly atMs: number;
  readonly bundle: Bundle;
  readonly attempts: number;
  readonly nextAttemptMs: number;
  /** When the last attempt began; undefined if there was none of its own. */
  readonly triedMs?: number;
}

export function emptyMailbox(recipient: Recipient, host: string): Mailbox {
  return { recipient, host, lastSentMs: undefined, waiting: undefined, mail: undefined, ids: [] };
}

/** Puts a notice in, unless it is there or has gone out already. */
export function taken(mailbox: Mailbox, notice: Notice): Mailbox {
  return mailbox.ids.includes(notice.id)
    ? mailbox
    : {
        ...mailbox,
        host: notice.host,
        waiting: bundled(mailbox.waiting, notice),
        ids: [...mailbox.ids, notice.id].slice(-MOST_IDS),
      };
}

function bundled(bundle: Bundle | undefined, notice: Notice): Bundle {
  const { first = notice, causes = [], count = 0 } = bundle ?? {};
  return { first, causes: bounded(fold(causes, notice)), count: count + 1 };
}

/** Of too many causes, the oldest become one: their number stays right. */
function bounded(causes: readonly FoldedCause[]): readonly FoldedCause[] {
  const [first, second, ...rest] = causes;
  if (first === undefined || second === undefined || causes.length <= MOST_CAUSES) {
    return causes;
  }
  const merged = {
    cause: 'others',
    count: first.count + second.count,
    lastMs: second.lastMs,
    summary: 'other causes',
  };
  return [merged, ...rest];
}

/**
 * When there will be something to do for it; undefined if nothing waits. The first mail goes at once, the next ones together. No
 * later than it can be by now: a clock that was set back must not hold mail up.
 */
export function dueMs(
  { mail, waiting, lastSentMs }: Mailbox,
  digestMs: number,
  nowMs: number,
): number | undefined {
  if (mail !== undefined) {
    return mail.nextAttemptMs > nowMs + backoffMs(mail.attempts) ? 0 : mail.nextAttemptMs;
  }
  if (waiting === undefined) {
    return undefined;
  }
  return lastSentMs === undefined || lastSentMs > nowMs ? 0 : lastSentMs + digestMs;
}

/** Makes a mail of what waits, if none is on its way. */
export function begun(mailbox: Mailbox, nowMs: number, domain: string): Mailbox {
  const { mail, waiting: bundle } = mailbox;
  if (mail !== undefined || bundle === undefined) {
    return mailbox;
  }
  const messageId = `<${randomUUID()}@${domain}>`;
  return {
    ...mailbox,
    waiting: undefined,
    mail: { messageId, atMs: nowMs, bundle, attempts: 0, nextAttemptMs: nowMs },
  };
}

/** An attempt begins: what becomes of it may be that nobody can say so. */
export function tried(mailbox: Mailbox, nowMs: number): Mailbox {
  const { mail } = mailbox;
  return mail === undefined ? mailbox : { ...mailbox, mail: { ...mail, triedMs: nowMs } };
}

/** The mail has been taken, or is given up. */
export function done(mailbox: Mailbox, sentMs: number | undefined): Mailbox {
  return { ...mailbox, mail: undefined, lastSentMs: sentMs ?? mailbox.lastSentMs };
}

/** The mail is to be tried again, later and later. */
export function deferred(mailbox: Mailbox, nowMs: number): Mailbox {
  const { mail } = mailbox;
  return mail === undefined
    ? mailbox
    : {
        ...mailbox,
        mail: { ...mail, attempts: mail.attempts + 1, nextAttemptMs: nowMs + backoffMs(mail.attempts) },
      };
}

/** How long to wait after so many attempts that have failed before. */
function backoffMs(attempts: number): number {
  return (BACKOFF_MINUTES[attempts] ?? BACKOFF_MINUTES.at(-1) ?? 1) * MINUTE_MS;
}
