import type { SenderSettings } from '../spool/sender-settings.js';
import { Sendmail } from './sendmail.js';
import { Smtp, type Transcript } from './smtp.js';
import type { Transport } from './transport.js';

const THIS_MACHINE = { host: 'localhost' };

/** The way out that is configured; without any, the mail server of this machine. */
export function transportOf(
  { smtp = THIS_MACHINE, sendmail }: Pick<SenderSettings, 'smtp' | 'sendmail'>,
  transcript?: Transcript,
): Transport {
  return sendmail === undefined
    ? new Smtp(smtp, { transcript, credentialsDirectory: process.env['CREDENTIALS_DIRECTORY'] })
    : new Sendmail(sendmail);
}
