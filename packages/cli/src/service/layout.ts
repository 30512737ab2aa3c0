/** Where the service's files stand. */
export const SERVICE = 'memory-monitor.service';
export const PROGRAM_DIRECTORY = '/opt/memory-monitor';
/** The version in use, and the one before it while an upgrade is under way. */
export const CURRENT = `${PROGRAM_DIRECTORY}/current`;
export const PREVIOUS = `${PROGRAM_DIRECTORY}/previous`;
export const PROGRAM = `${CURRENT}/app/memory-monitor.mjs`;
/** Where the Python service had its configuration. */
export const CONFIG_LINK = `${PROGRAM_DIRECTORY}/config.toml`;
/** Node, copied there if its own place is one that the service can't see. */
export const OWN_NODE = `${PROGRAM_DIRECTORY}/node`;
export const CONFIG_DIRECTORY = '/etc/memory-monitor';
export const CONFIG = `${CONFIG_DIRECTORY}/config.toml`;
export const DROP_IN_DIRECTORY = `${CONFIG_DIRECTORY}/conf.d`;
export const PLUGIN_DIRECTORY = `${CONFIG_DIRECTORY}/plugins`;
/** The drop-in that `arm` and `disarm` write. */
export const ARMING = `${DROP_IN_DIRECTORY}/90-armed.toml`;
export const COMMAND = '/usr/local/bin/memory-monitor';
export const UNIT_DIRECTORY = '/etc/systemd/system';
export const UNIT = `${UNIT_DIRECTORY}/${SERVICE}`;
export const UNIT_DROP_INS = `${UNIT}.d`;
/** The drop-in that lets the service have what the configured plugins need. */
export const PLUGIN_NEEDS = `${UNIT_DROP_INS}/50-plugins.conf`;
/** Whoever delivers mail, and what starts it. */
export const MAIL_USER = 'memory-monitor-mail';
export const MAIL_SERVICE = `${MAIL_USER}.service`;
/** What starts the sender: that there is mail, and that some of it is due. */
export const MAIL_TRIGGERS = [`${MAIL_USER}.path`, `${MAIL_USER}.timer`];
export const MAIL_UNITS = [MAIL_SERVICE, ...MAIL_TRIGGERS];
export const LOGROTATE = '/etc/logrotate.d/memory-monitor';
export const STATE_DIRECTORY = '/var/lib/memory-monitor';
export const LOG = '/var/log/memory_monitor.log';
