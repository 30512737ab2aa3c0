import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { MonitorError } from '@memory-monitor/core';
import { DEFAULT_SPOOL } from '@memory-monitor/notifier-email/default-spool';

import { readConfiguration } from '../config/read-configuration.js';
import { EX_OK } from '../exit-codes.js';
import { removeIfEmpty } from '../service/files.js';
import { RUNTIME_DIRECTORY_OF_ROOT } from '../plugins/plugin-directories.js';
import {
  CATALOGUE_DIRECTORIES,
  CONFIG,
  CONFIG_DIRECTORY,
  layoutOf,
  LOCAL,
  LOGROTATE,
  MAIL_SERVICE,
  MAIL_TRIGGERS,
  MAIL_UNITS,
  MAIL_USER,
  OWN_USER,
  PACKAGED,
  PLUGIN_NEEDS,
  PROGRAM_DIRECTORY,
  SERVICE,
  SERVICE_USER,
  STATE_DIRECTORY,
  SYSUSERS,
  TMPFILES,
  UNIT_DIRECTORY,
  UNIT_DROP_INS,
} from '../service/layout.js';
import { logFiles } from '../service/log-files.js';
import { spoolNames } from '../service/mail-spool.js';
import { findPayload } from '../service/payload.js';
import { UPDATE_CATALOGUE } from '../service/place-catalogue.js';
import { giveLogsToRoot } from '../service/place-user.js';
import { BACKUP } from '../service/python-service.js';
import { Site } from '../service/site.js';
import { requireRoot, succeeds } from '../service/system.js';

export interface UninstallOptions {
  readonly purge?: boolean | undefined;
}

/** `memory-monitor uninstall`: leaves nothing but, unless it is told otherwise, the configuration and the logs. */
export async function uninstall({ purge }: UninstallOptions): Promise<number> {
  if (layoutOf(findPayload()) === PACKAGED) {
    const message =
      'This came as a package; run: sudo apt remove memory-monitor (or purge, which takes configuration and logs along).';
    throw new MonitorError('MM_ERR_USAGE', message);
  }
  requireRoot('uninstall');
  const logFile = await configuredLogFile();
  const removesTraces = purge === true || (await askWhetherToPurge());
  succeeds('systemctl', 'disable', '--now', SERVICE);
  const { mail, spool } = removeMailSender();
  const logs = logFiles(logFile);
  for (const path of [
    LOCAL.unit,
    PLUGIN_NEEDS,
    ...removeOwnUser(logFile),
    ...mail,
    LOGROTATE,
    LOCAL.catalogue,
    LOCAL.command,
    ...programFiles(),
    STATE_DIRECTORY,
    RUNTIME_DIRECTORY_OF_ROOT,
  ]) {
    remove(path);
  }
  removeIfEmpty(UNIT_DROP_INS);
  // Debian comes without.
  removeIfEmpty(dirname(SYSUSERS));
  removeIfEmpty(spool);
  CATALOGUE_DIRECTORIES.forEach(removeIfEmpty);
  if (!succeeds(...UPDATE_CATALOGUE)) {
    print(`journalctl -x may still explain its lines; run: sudo ${UPDATE_CATALOGUE.join(' ')}`);
  }
  succeeds('systemctl', 'daemon-reload');
  succeeds('systemctl', 'reset-failed', SERVICE);
  if (removesTraces) {
    [PROGRAM_DIRECTORY, UNIT_DROP_INS, CONFIG_DIRECTORY, ...logs].forEach(remove);
    print('Removed. Nothing is left.');
  } else {
    print(
      `Removed. ${[CONFIG_DIRECTORY, ...logs].join(', ')} are left; "uninstall --purge" removes them too.`,
    );
  }
  return EX_OK;
}

/**
 * Stops what delivers mail, and removes its user; returns its files, and where its spool is. Mail that was not delivered goes with them, as
 * state does. Where mail is not configured any more, the user and the spool are what is left.
 */
function removeMailSender(): { readonly mail: readonly string[]; readonly spool: string } {
  const service = join(UNIT_DIRECTORY, MAIL_SERVICE);
  const unit = existsSync(service) ? readFileSync(service, 'utf8') : '';
  if (unit === '' && !succeeds('getent', 'passwd', MAIL_USER)) {
    return { mail: [], spool: DEFAULT_SPOOL };
  }
  succeeds('systemctl', 'disable', '--now', ...MAIL_TRIGGERS);
  succeeds('systemctl', 'stop', MAIL_SERVICE);
  succeeds('userdel', MAIL_USER);
  const spool = /--spool (\S+)/.exec(unit)?.[1] ?? DEFAULT_SPOOL;
  const units = MAIL_UNITS.map((name) => join(UNIT_DIRECTORY, name));
  return { mail: [...units, ...spoolNames(spool).map((name) => join(spool, name))], spool };
}

/** Removes the user that the service runs as, if that was made for it; returns what has made it. What is left of its logs is root's. */
function removeOwnUser(logFile: string): readonly string[] {
  const files = [OWN_USER, TMPFILES, SYSUSERS].filter((path) => existsSync(path));
  if (files.includes(OWN_USER)) {
    giveLogsToRoot(new Site(), logFile);
  }
  if (files.includes(SYSUSERS)) {
    succeeds('userdel', SERVICE_USER);
  }
  return files;
}

/** All of the program but what a Python service has left there, which is nobody's copy but the admin's. */
function programFiles(): string[] {
  const names = existsSync(PROGRAM_DIRECTORY) ? readdirSync(PROGRAM_DIRECTORY) : [];
  const path = (name: string): string => join(PROGRAM_DIRECTORY, name);
  return names.includes(basename(BACKUP))
    ? names.filter((name) => path(name) !== BACKUP).map(path)
    : [PROGRAM_DIRECTORY];
}

/** Without a terminal nobody can be asked, and nothing of the admin's is removed. */
async function askWhetherToPurge(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Remove the configuration in ${CONFIG_DIRECTORY} and the logs as well? [y/N] `,
  );
  terminal.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

/** Empty where there is none, or no configuration to tell. */
async function configuredLogFile(): Promise<string> {
  return await readConfiguration({ config: CONFIG }).then(
    ({ configuration }) => configuration.settings.logFile,
    () => '',
  );
}

function remove(path: string): void {
  if (existsSync(path)) {
    rmSync(path, { recursive: true, force: true });
    print(`removed ${path}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
