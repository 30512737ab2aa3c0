import { checkConfig, MonitorError, printable } from '@memory-monitor/core';
import { SystemClock } from '@memory-monitor/linux';
import notifier, { type EmailConfig } from '@memory-monitor/notifier-email';
import { isAddress, sendSamples } from '@memory-monitor/notifier-email/sender';

import { readConfiguration, type ConfigurationOptions } from '../config/read-configuration.js';
import { EX_OK } from '../exit-codes.js';
import { NOTIFIER_EMAIL } from '../plugins/built-in-plugins.js';

export interface NotifyTestOptions extends ConfigurationOptions {
  /** Instead of the first admin. */
  readonly to?: string | undefined;
}

/** `memory-monitor notify test`: sends a sample of each kind of mail, and prints what the server said, step by step. */
export async function notifyTest(options: NotifyTestOptions): Promise<number> {
  const config = await emailConfig(options);
  const to = options.to ?? config.admins[0];
  if (to === undefined) {
    throw new MonitorError(
      'MM_ERR_USAGE',
      'There are no admins to send samples to; name an address with --to.',
    );
  }
  if (!isAddress(to)) {
    throw new MonitorError(
      'MM_ERR_USAGE',
      `"${printable(to)}" is no address; accepted: name@example.org, or the name of a local user.`,
    );
  }
  const { sent, all, trouble } = await sendSamples(config, to, (line) => {
    process.stdout.write(`${line}\n`);
  });
  if (trouble !== undefined) {
    throw new MonitorError('MM_ERR_MAIL', `${sent} of ${all} samples were taken. ${trouble}`);
  }
  process.stdout.write(`${sent} of ${all} samples were taken for ${to}; look for them in the mailbox.\n`);
  return EX_OK;
}

async function emailConfig(options: ConfigurationOptions): Promise<EmailConfig> {
  const { configuration } = await readConfiguration(options);
  const configured = configuration.plugins.find(({ use }) => use === NOTIFIER_EMAIL);
  if (configured === undefined) {
    throw new MonitorError(
      'MM_ERR_MAIL',
      `No mail is configured; add [[plugins]] with use = "${NOTIFIER_EMAIL}" to the configuration.`,
    );
  }
  const checked = await checkConfig(notifier, configured.config, new SystemClock());
  if (checked.issues !== undefined) {
    throw new MonitorError(
      'MM_ERR_CONFIG_INVALID',
      `The configuration of ${NOTIFIER_EMAIL} has mistakes (${checked.issues.map(({ message }) => message).join('; ')}); "memory-monitor check" tells where.`,
    );
  }
  return checked.config as EmailConfig;
}
