import { SERVICE_USER, TMPFILES } from './layout.js';

/** The drop-in that lets the service run as a user of its own. */
export function ownUserDropIn(): string {
  return [
    '# Written by "memory-monitor install --own-user"; "memory-monitor install --as-root" takes it back.',
    '[Service]',
    `User=${SERVICE_USER}`,
    `Group=${SERVICE_USER}`,
    '# What root has by itself: it signals the processes of others, and sees which program each of them runs.',
    'AmbientCapabilities=CAP_KILL CAP_SYS_PTRACE',
    'RemoveIPC=yes',
    '# Only root can make a file in /var/log: it does so for this user, at each start. Without one, there are the journal and syslog.',
    `ExecStartPre=-+/usr/bin/systemd-tmpfiles --create ${TMPFILES}`,
    '',
  ].join('\n');
}

/** For systemd-sysusers(8): a group of its own, no home, no shell. */
export function sysusersText(): string {
  return `# Written by "memory-monitor install --own-user"; "memory-monitor uninstall" removes it, and the user.\nu ${SERVICE_USER} - "Memory Monitor"\n`;
}

/** For systemd-tmpfiles(8): the log file as this user can write it, and `group` read it; nothing for a service without one. */
export function tmpfilesText(logFile: string, group: string): string {
  const line = logFile === '' ? '' : `f ${quoted(logFile)} 0640 ${SERVICE_USER} ${group} -\n`;
  return `# Written by "memory-monitor install --own-user"; run it again when log_file changes.\n${line}`;
}

/** As tmpfiles.d(5) takes it: per cent signs begin a specifier there. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`;
}
