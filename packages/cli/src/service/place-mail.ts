import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { credentialName } from '@memory-monitor/notifier-email';

import { type Layout, MAIL_SERVICE, MAIL_TRIGGERS, MAIL_UNITS, MAIL_USER, UNIT_DIRECTORY } from './layout.js';
import type { MailNeeds } from './mail-needs.js';
import { isOurs, OF_THE_MONITOR, OF_THE_SENDER } from './mail-spool.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';
import { succeeds } from './system.js';

export interface Mail {
  /** Where it is configured. */
  readonly mail: MailNeeds | undefined;
  /** Whom the monitor runs as. */
  readonly owner: string;
}

/** The sender of mail, as a user of its own with a unit of its own; nothing of it where no mail is configured. */
export function placeMail(
  site: Site,
  { program }: Layout,
  payload: string,
  findNode: () => string,
  { mail, owner }: Mail,
): Step {
  const undo: Undo[] = [];
  return {
    title: 'Let mail be delivered',
    act: () => {
      if (mail === undefined) {
        removeMail(site, undo);
        return 'none is configured';
      }
      if (!isOurs(mail.spool)) {
        throw new Error(
          `${mail.spool} has other things in it than mail; "spool" is to name a directory of its own`,
        );
      }
      const node = findNode();
      makeUser(site);
      undo.push(makeSpool(site, mail.spool, owner));
      for (const unit of MAIL_UNITS) {
        const text = unitText(payload, unit, mail)
          .replaceAll('@SPOOL@', mail.spool)
          .replace('@NODE@', node)
          .replace('@PROGRAM@', program);
        undo.push(site.replaceFile(join(UNIT_DIRECTORY, unit), text, 0o644));
      }
      site.run('systemctl', 'daemon-reload');
      site.run('systemctl', 'enable', '--quiet', '--now', ...MAIL_TRIGGERS);
      return `by ${mail.isBySendmail ? 'the local mail server' : 'SMTP'}, as the user ${MAIL_USER}`;
    },
    undo: () => {
      succeeds('systemctl', 'disable', '--now', ...MAIL_TRIGGERS);
      undo.forEach((putBack) => {
        putBack();
      });
      site.run('systemctl', 'daemon-reload');
      if (existsSync(join(UNIT_DIRECTORY, MAIL_SERVICE))) {
        succeeds('systemctl', 'enable', '--quiet', '--now', ...MAIL_TRIGGERS);
      }
    },
  };
}

function removeMail(site: Site, undo: Undo[]): void {
  if (site.has(join(UNIT_DIRECTORY, MAIL_SERVICE))) {
    site.attempt('systemctl', 'disable', '--now', ...MAIL_TRIGGERS);
    for (const unit of MAIL_UNITS) {
      undo.push(site.removeFile(join(UNIT_DIRECTORY, unit)));
    }
    site.run('systemctl', 'daemon-reload');
  }
}

function makeUser(site: Site): void {
  if (!succeeds('getent', 'passwd', MAIL_USER)) {
    site.run(
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/',
      '--shell',
      '/usr/sbin/nologin',
      MAIL_USER,
    );
  }
}

/** Files that the monitor makes there belong to the directory's group, so that the sender can read them. */
function makeSpool(site: Site, spool: string, owner: string): Undo {
  const make = (path: string, mode: number): void => {
    site.makeDirectory(path);
    site.run('chmod', mode.toString(8), path);
  };
  const before = site.ownerOf(spool);
  make(spool, 0o2755);
  for (const { name, mode } of OF_THE_MONITOR) {
    make(join(spool, name), mode);
  }
  giveToMonitor(site, spool, owner);
  for (const name of OF_THE_SENDER) {
    make(join(spool, name), 0o700);
    site.run('chown', `${MAIL_USER}:`, join(spool, name));
  }
  return () => {
    if (before !== undefined) {
      giveToMonitor(site, spool, String(before));
    }
  };
}

/** With what waits there: the monitor may have run as another user before. */
function giveToMonitor(site: Site, spool: string, owner: string): void {
  const settings = join(spool, 'sender.json');
  site.run('chown', `${owner}:${MAIL_USER}`, spool, ...(site.has(settings) ? [settings] : []));
  const directories = OF_THE_MONITOR.map(({ name }) => join(spool, name));
  site.run('chown', '--recursive', '--no-dereference', `${owner}:${MAIL_USER}`, ...directories);
}

/** The unit of the sender says last how it is confined, and which files it is handed. */
function unitText(payload: string, unit: string, { isBySendmail, secrets }: MailNeeds): string {
  const read = (name: string): string => readFileSync(join(payload, 'service', name), 'utf8');
  if (unit !== MAIL_SERVICE) {
    return read(unit);
  }
  const credentials = secrets.map((path) => `LoadCredential=${credentialName(path)}:${path}\n`);
  return [
    read(unit),
    read(isBySendmail ? 'mail-by-sendmail.conf' : 'mail-by-smtp.conf'),
    ...credentials,
  ].join('');
}
