import { readFile, rename, writeFile } from 'node:fs/promises';

import type { EmailConfig, SmtpConfig } from '../config.js';
import type { SpoolLayout } from './layout.js';

/** What the sender needs to know of the configuration, which it may not read itself: it runs as another user. */
export interface SenderSettings {
  readonly from: string | undefined;
  readonly smtp: SmtpConfig | undefined;
  readonly sendmail: string | undefined;
  readonly digestMs: number;
  readonly giveUpMs: number;
  /** Whom owners can ask. */
  readonly contact: string | undefined;
}

export function senderSettings(config: EmailConfig): SenderSettings {
  const { from, smtp, sendmail, owners, admins } = config;
  return {
    from,
    smtp,
    sendmail,
    digestMs: config.digest_minutes * 60_000,
    giveUpMs: config.give_up_hours * 3_600_000,
    contact: owners?.contact ?? admins[0],
  };
}

/** Only the sender's group may read it: it may hold a password. */
export async function writeSenderSettings(layout: SpoolLayout, settings: SenderSettings): Promise<void> {
  const fresh = `${layout.settings}.new`;
  await writeFile(fresh, JSON.stringify(settings), { mode: 0o640 });
  await rename(fresh, layout.settings);
}

/** Rejects where no monitor has written them. */
export async function readSenderSettings(layout: SpoolLayout): Promise<SenderSettings> {
  return JSON.parse(await readFile(layout.settings, 'utf8')) as SenderSettings;
}
