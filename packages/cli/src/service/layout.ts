/** Where the service's files stand. */
export const SERVICE = 'memory-monitor.service';
export const CONFIG_DIRECTORY = '/etc/memory-monitor';
export const CONFIG = `${CONFIG_DIRECTORY}/config.toml`;
export const DROP_IN_DIRECTORY = `${CONFIG_DIRECTORY}/conf.d`;
export const PLUGIN_DIRECTORY = `${CONFIG_DIRECTORY}/plugins`;
/** The drop-in that `arm` and `disarm` write. */
export const ARMING = `${DROP_IN_DIRECTORY}/90-armed.toml`;
/** Where the admin's units stand, and those that are made for this machine's configuration. */
export const UNIT_DIRECTORY = '/etc/systemd/system';
export const UNIT_DROP_INS = `${UNIT_DIRECTORY}/${SERVICE}.d`;
/** The drop-in that lets the service have what the configured plugins need. */
export const PLUGIN_NEEDS = `${UNIT_DROP_INS}/50-plugins.conf`;
/** The user of the service's own, where it has one, and the drop-in that lets it run as that. */
export const SERVICE_USER = 'memory-monitor';
export const OWN_USER = `${UNIT_DROP_INS}/40-own-user.conf`;
/** Makes that user, and is there as long as the user is not somebody else's; sysusers.d(5). */
export const SYSUSERS = '/etc/sysusers.d/memory-monitor.conf';
/** Makes the log file, which that user may write to, and can't make; tmpfiles.d(5). */
export const TMPFILES = '/etc/tmpfiles.d/memory-monitor.conf';
/** Whoever delivers mail, and what starts it. */
export const MAIL_USER = 'memory-monitor-mail';
export const MAIL_SERVICE = `${MAIL_USER}.service`;
/** What starts the sender: that there is mail, and that some of it is due. */
export const MAIL_TRIGGERS = [`${MAIL_USER}.path`, `${MAIL_USER}.timer`];
export const MAIL_UNITS = [MAIL_SERVICE, ...MAIL_TRIGGERS];
export const LOGROTATE = '/etc/logrotate.d/memory-monitor';
export const STATE_DIRECTORY = '/var/lib/memory-monitor';
export const LOG = '/var/log/memory_monitor.log';

/** Where the program stands, which differs with the way it came. */
export interface Layout {
  /** The version in use, the one that is about to be, and the one before it while an upgrade is under way. */
  readonly current: string;
  readonly fresh: string;
  readonly previous: string;
  readonly program: string;
  readonly command: string;
  readonly unit: string;
  /** What "journalctl -x" explains lines with. */
  readonly catalogue: string;
}

/** Where the installer puts it, and the Python service had its configuration. */
export const PROGRAM_DIRECTORY = '/opt/memory-monitor';
export const CONFIG_LINK = `${PROGRAM_DIRECTORY}/config.toml`;
/** Node, copied there if its own place is one that the service can't see. */
export const OWN_NODE = `${PROGRAM_DIRECTORY}/node`;

/** Where systemd looks for catalogues that are not the distribution's; most machines have no such directories. */
const LOCAL_SYSTEMD = '/usr/local/lib/systemd';
const LOCAL_CATALOGUES = `${LOCAL_SYSTEMD}/catalog`;
export const CATALOGUE_DIRECTORIES = [LOCAL_CATALOGUES, LOCAL_SYSTEMD];

export const LOCAL: Layout = {
  current: `${PROGRAM_DIRECTORY}/current`,
  fresh: `${PROGRAM_DIRECTORY}/new`,
  previous: `${PROGRAM_DIRECTORY}/previous`,
  program: `${PROGRAM_DIRECTORY}/current/app/memory-monitor.mjs`,
  command: '/usr/local/bin/memory-monitor',
  unit: `${UNIT_DIRECTORY}/${SERVICE}`,
  catalogue: `${LOCAL_CATALOGUES}/memory-monitor.catalog`,
};

const PACKAGE_DIRECTORY = '/usr/lib/memory-monitor';

/** Where a package of the distribution puts it. */
export const PACKAGED: Layout = {
  current: PACKAGE_DIRECTORY,
  fresh: `${PACKAGE_DIRECTORY}.new`,
  previous: `${PACKAGE_DIRECTORY}.previous`,
  program: `${PACKAGE_DIRECTORY}/app/memory-monitor.mjs`,
  command: '/usr/bin/memory-monitor',
  unit: `/usr/lib/systemd/system/${SERVICE}`,
  catalogue: '/usr/lib/systemd/catalog/memory-monitor.catalog',
};

/** That of the program that runs, told by where it stands. */
export function layoutOf(payload: string): Layout {
  return payload === PACKAGED.current ? PACKAGED : LOCAL;
}
