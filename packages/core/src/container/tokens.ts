import type { LiveConfiguration } from '../config/live-configuration.js';
import type { Guards } from '../decision/guards.js';
import type { MonitorEmitter } from '../events.js';
import type {
  Clock,
  IntentLog,
  KernelMeans,
  Logger,
  MonitorProcess,
  PressureAlarm,
  ProcessGroups,
  ProcessHandles,
  ProcessSource,
  Supervisor,
  UserDatabase,
} from '../ports.js';
import type { Signaller, Terminator } from '../termination/terminator.js';
import type { PluginHost } from '../plugin/host.js';
import { token, type Token } from './token.js';

// What a platform has to provide.

/** Tells the time, and waits. */
export const CLOCK = token<Clock>('clock');
/** The log that people and programs read; sealed. */
export const LOGGER = token<Logger>('logger');
/** The process that the monitor itself is; sealed. */
export const MONITOR_PROCESS = token<MonitorProcess>('monitor-process');
/** Scans processes, and reads the machine's memory. */
export const PROCESS_SOURCE = token<ProcessSource>('process-source');
/** Opens handles on processes, which signals go through. */
export const PROCESS_HANDLES = token<ProcessHandles>('process-handles');
/** Looks up process groups, sessions and control groups, for detections with a target. */
export const PROCESS_GROUPS = token<ProcessGroups>('process-groups');
/** Names of users and groups; sealed. */
export const USER_DATABASE = token<UserDatabase>('user-database');
/** Remembers what is being ended, through a crash. */
export const INTENT_LOG = token<IntentLog>('intent-log');

// What a platform may provide.

/** Tells when processes have to wait for memory; sealed. */
export const PRESSURE_ALARM = token<PressureAlarm>('pressure-alarm');
/** Which means of the kernel are in use; sealed. */
export const KERNEL_MEANS = token<readonly KernelMeans[]>('kernel-means');

// What core provides itself.

/** Holds a process and signals it, guards asked first. */
export const SIGNALLER = token<Signaller>('signaller');
/** Ends a process: SIGTERM, the grace period, SIGKILL. */
export const TERMINATOR = token<Terminator>('terminator');
/** Whoever has started the monitor, and restarts it when it hangs; sealed. */
export const SUPERVISOR = token<Supervisor>('supervisor');
/** Emits the monitor's events; sealed. Plugins observe them by `host.on`. */
export const EVENTS = token<MonitorEmitter>('events');
/** The configuration that is in force; sealed. */
export const CONFIGURATION = token<LiveConfiguration>('configuration');
/** What no plugin overrules: whom the monitor never signals; sealed. */
export const GUARDS = token<Guards>('guards');

/** The host of the plugin whose class is being built. */
export const PLUGIN_HOST = token<PluginHost>('plugin-host');

/** The same token, for a class that knows the type of its plugin's configuration. */
export function pluginHost<Config>(): Token<PluginHost<Config>> {
  return token<PluginHost<Config>>(PLUGIN_HOST.name);
}

/** What guards and log depend on: no plugin can replace it. */
export const SEALED_TOKENS: ReadonlySet<symbol> = new Set(
  [
    CONFIGURATION,
    EVENTS,
    GUARDS,
    KERNEL_MEANS,
    LOGGER,
    MONITOR_PROCESS,
    PLUGIN_HOST,
    PRESSURE_ALARM,
    SUPERVISOR,
    USER_DATABASE,
  ].map(({ id }) => id),
);
