import { OWN_USER, SERVICE_USER, STATE_DIRECTORY, SYSUSERS, TMPFILES } from './layout.js';
import { logFiles } from './log-files.js';
import { ownUserDropIn, sysusersText, tmpfilesText } from './own-user.js';
import type { Site, Undo } from './site.js';
import type { Step } from './steps.js';
import { unreadable, type Access } from './user-access.js';

/** Lets the service run as a user of its own, or as root again; nothing where it runs as root and did before. */
export function placeUser(site: Site, hasOwnUser: boolean, access: Access): Step[] {
  if (hasOwnUser) {
    return [makeUser(site), runAsOwnUser(site, access)];
  }
  return site.has(OWN_USER) ? [runAsRoot(site, access)] : [];
}

/** It stays where a later step fails: what that says to do may need the user. */
function makeUser(site: Site): Step {
  return {
    title: `Make the user ${SERVICE_USER}`,
    act: () => {
      const isOurs = !site.hasUser(SERVICE_USER) || site.has(SYSUSERS);
      if (!isOurs) {
        return 'there is one, which is used';
      }
      site.replaceFile(SYSUSERS, sysusersText(), 0o644);
      site.run('systemd-sysusers', site.at(SYSUSERS));
      return undefined;
    },
  };
}

function runAsOwnUser(site: Site, { files, logFile }: Access): Step {
  const undo: Undo[] = [];
  return {
    title: 'Let the service run as that user',
    act: () => {
      const denied = files.find((path) => site.has(path) && !site.mayRead(SERVICE_USER, path));
      if (denied !== undefined) {
        throw new Error(unreadable(denied, SERVICE_USER));
      }
      if (!site.has(OWN_USER)) {
        undo.push(() => {
          giveLogsToRoot(site, logFile);
        });
      }
      const group = logGroup(site);
      undo.push(
        site.replaceFile(TMPFILES, tmpfilesText(logFile, group), 0o644),
        site.replaceFile(OWN_USER, ownUserDropIn(), 0o644),
      );
      site.run('systemctl', 'daemon-reload');
      return undefined;
    },
    undo: () => {
      takeBack(site, undo);
    },
  };
}

function runAsRoot(site: Site, { logFile }: Access): Step {
  const undo: Undo[] = [];
  return {
    title: 'Let the service run as root again',
    act: () => {
      undo.push(site.removeFile(OWN_USER), site.removeFile(TMPFILES));
      giveLogsToRoot(site, logFile);
      // Root runs no code that somebody else could have put there.
      site.run('rm', '-rf', `${STATE_DIRECTORY}/plugins`);
      site.run('systemctl', 'daemon-reload');
      return `the user ${SERVICE_USER} stays until it is uninstalled`;
    },
    undo: () => {
      takeBack(site, undo);
    },
  };
}

/** As root, without CAP_DAC_OVERRIDE, the service could not write to a file of another user's. */
export function giveLogsToRoot(site: Site, logFile: string): void {
  const logs = site.isRunning ? logFiles(logFile) : [];
  if (logs.length > 0) {
    site.run('chown', `root:${logGroup(site)}`, ...logs);
  }
}

function logGroup(site: Site): string {
  return site.hasGroup('adm') ? 'adm' : 'root';
}

function takeBack(site: Site, undo: readonly Undo[]): void {
  undo.forEach((putBack) => {
    putBack();
  });
  site.run('systemctl', 'daemon-reload');
}
