import { deliver, SpoolLayout } from '@memory-monitor/notifier-email/sender';

import { EX_OK } from '../exit-codes.js';

export interface MailDeliverOptions {
  readonly spool: string;
}

/** `memory-monitor mail deliver`: sends what is due, and ends. What could not be sent yet is no failure: it is tried again. */
export async function mailDeliver({ spool }: MailDeliverOptions): Promise<number> {
  const tell = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  const delivered = await deliver({ layout: new SpoolLayout(spool), tell });
  if (delivered === undefined) {
    tell('Another sender is at work; it will see to it.');
  }
  return EX_OK;
}
