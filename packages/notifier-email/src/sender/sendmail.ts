import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf, printable } from '@memory-monitor/core';
import { createTransport } from 'nodemailer';

import type { Message } from './message.js';
import type { Attempt, Transport } from './transport.js';

/** Exit statuses of sysexits.h that the same mail would only meet again. */
const EX_NOUSER = 67;
const EX_DATAERR = 65;
const LONGEST_MS = 180_000;

/** Hands mail to the local sendmail program, which every mail server of Linux brings. */
export class Sendmail implements Transport {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async send(message: Message, from: string, to: string): Promise<Attempt> {
    const transport = createTransport({
      sendmail: true,
      path: this.#path,
      // As local programs have it: not all of them take CRLF for the end of a line.
      newline: 'unix',
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const handed = transport.sendMail({ ...message, envelope: { from, to: [to] } });
    try {
      await inTime(handed);
      return { state: 'sent', response: `${this.#path} has taken it` };
    } catch (error) {
      if (!existsSync(this.#path)) {
        const reason = `${this.#path} is not there; install a mail server, or name its program with "sendmail".`;
        return { state: 'unreachable', reason };
      }
      const text = printable(messageOf(error)).slice(0, 300);
      const status = Number(/exited with code (\d+)/i.exec(text)?.[1]);
      return status === EX_NOUSER || status === EX_DATAERR
        ? { state: 'refused', reason: `${this.#path} refuses this mail (${text}).` }
        : {
            state: 'unreachable',
            reason: `${this.#path} did not take a mail (${text}); run "${this.#path} -bp" to see its queue.`,
          };
    }
  }
}

/** Rejects when the program takes too long; nothing can be done about it then but to go on without it. */
async function inTime(work: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const timer = sleep(LONGEST_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`it has not come to an end within ${LONGEST_MS / 1000} s`);
  });
  try {
    await Promise.race([work, timer]);
  } finally {
    late.abort();
    timer.catch(() => undefined);
    work.catch(() => undefined);
  }
}
