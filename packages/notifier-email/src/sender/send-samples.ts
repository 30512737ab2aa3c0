import { randomUUID } from 'node:crypto';

import type { EmailConfig } from '../config.js';
import { addressOf } from '../notice/addresses.js';
import { senderSettings } from '../spool/sender-settings.js';
import { composeMessage } from './message.js';
import { sampleLetters } from './samples.js';
import { domainOf, senderOf } from './sender-address.js';
import { transportOf } from './transport-of.js';

/** What one step of the test says. */
export type Step = (line: string) => void;

export interface SampleResult {
  readonly sent: number;
  readonly all: number;
  /** Why the first one that failed did. */
  readonly trouble: string | undefined;
}

/** Sends a sample of each kind to somebody, by the configured way out and without any queue; each step is told. */
export async function sendSamples(config: EmailConfig, to: string, step: Step): Promise<SampleResult> {
  const settings = senderSettings(config);
  const from = senderOf(settings.from);
  const transport = transportOf(settings, (line) => {
    step(`    ${line}`);
  });
  const samples = sampleLetters(Date.now(), settings.contact);
  let sent = 0;
  let trouble: string | undefined;
  for (const { title, letter } of samples) {
    step(`${title}, to ${to}`);
    const messageId = `<${randomUUID()}@${domainOf(from)}>`;
    const message = await composeMessage(letter, { messageId, atMs: Date.now(), from, to }, step);
    const attempt = await transport.send(message, addressOf(from), to);
    if (attempt.state === 'sent') {
      sent += 1;
      step(`  taken: ${attempt.response}`);
    } else {
      trouble ??= attempt.reason;
      step(`  ${attempt.reason}`);
      if (attempt.state === 'unreachable') {
        break;
      }
    }
  }
  return { sent, all: samples.length, trouble };
}
