import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { credentialName } from '@memory-monitor/notifier-email';

import { removeFile, replaceFile } from './files.js';
import { MAIL_SERVICE, MAIL_TRIGGERS, MAIL_UNITS, MAIL_USER, PROGRAM, UNIT_DIRECTORY } from './layout.js';
import type { MailNeeds } from './mail-needs.js';
import { isOurs, OF_THE_MONITOR, OF_THE_SENDER } from './mail-spool.js';
import type { Step } from './steps.js';
import { runProgram, succeeds, systemctl } from './system.js';

/** The sender of mail, as a user of its own with a unit of its own; nothing of it where no mail is configured. */
export function placeMail(payload: string, findNode: () => string, mail: MailNeeds | undefined): Step {
  const undo: (() => void)[] = [];
  return {
    title: 'Let mail be delivered',
    act: () => {
      if (mail === undefined) {
        removeMail(undo);
        return 'none is configured';
      }
      if (!isOurs(mail.spool)) {
        throw new Error(
          `${mail.spool} has other things in it than mail; "spool" is to name a directory of its own`,
        );
      }
      const node = findNode();
      makeUser();
      makeSpool(mail.spool);
      for (const unit of MAIL_UNITS) {
        const text = filled(unitText(payload, unit, mail), node, mail.spool);
        undo.push(replaceFile(join(UNIT_DIRECTORY, unit), text, 0o644));
      }
      systemctl('daemon-reload');
      systemctl('enable', '--quiet', '--now', ...MAIL_TRIGGERS);
      return `by ${mail.isBySendmail ? 'the local mail server' : 'SMTP'}, as the user ${MAIL_USER}`;
    },
    undo: () => {
      succeeds('systemctl', 'disable', '--now', ...MAIL_TRIGGERS);
      undo.forEach((putBack) => {
        putBack();
      });
      systemctl('daemon-reload');
      if (existsSync(join(UNIT_DIRECTORY, MAIL_SERVICE))) {
        succeeds('systemctl', 'enable', '--quiet', '--now', ...MAIL_TRIGGERS);
      }
    },
  };
}

function removeMail(undo: (() => void)[]): void {
  if (existsSync(join(UNIT_DIRECTORY, MAIL_SERVICE))) {
    succeeds('systemctl', 'disable', '--now', ...MAIL_TRIGGERS);
    for (const unit of MAIL_UNITS) {
      undo.push(removeFile(join(UNIT_DIRECTORY, unit)));
    }
    systemctl('daemon-reload');
  }
}

function makeUser(): void {
  if (!succeeds('getent', 'passwd', MAIL_USER)) {
    runProgram(
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
function makeSpool(spool: string): void {
  mkdirSync(spool, { recursive: true, mode: 0o755 });
  runProgram('chown', `root:${MAIL_USER}`, spool);
  chmodSync(spool, 0o2755);
  for (const { name, mode } of OF_THE_MONITOR) {
    mkdirSync(join(spool, name), { recursive: true });
    runProgram('chown', `root:${MAIL_USER}`, join(spool, name));
    chmodSync(join(spool, name), mode);
  }
  for (const name of OF_THE_SENDER) {
    mkdirSync(join(spool, name), { recursive: true });
    runProgram('chown', `${MAIL_USER}:`, join(spool, name));
    chmodSync(join(spool, name), 0o700);
  }
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

function filled(template: string, node: string, spool: string): string {
  return template.replaceAll('@SPOOL@', spool).replace('@NODE@', node).replace('@PROGRAM@', PROGRAM);
}
