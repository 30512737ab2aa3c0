import type { LiveConfiguration } from '../config/live-configuration.js';
import type { Guards } from '../decision/guards.js';
import type { MonitorEmitter } from '../events.js';
import type {
  Clock,
  IntentLog,
  Logger,
  MonitorProcess,
  ProcessHandles,
  ProcessSource,
  Supervisor,
  UserDatabase,
} from '../ports.js';
import type { Signaller, Terminator } from '../termination/terminator.js';
import type { PluginHost } from '../plugin/host.js';
import { token, type Token } from './token.js';

/** What a platform has to provide. */
export const CLOCK = token<Clock>('clock');
export const LOGGER = token<Logger>('logger');
export const MONITOR_PROCESS = token<MonitorProcess>('monitor-process');
export const PROCESS_SOURCE = token<ProcessSource>('process-source');
export const PROCESS_HANDLES = token<ProcessHandles>('process-handles');
export const USER_DATABASE = token<UserDatabase>('user-database');
export const INTENT_LOG = token<IntentLog>('intent-log');

/** What core provides itself. */
export const SIGNALLER = token<Signaller>('signaller');
export const TERMINATOR = token<Terminator>('terminator');
export const SUPERVISOR = token<Supervisor>('supervisor');
export const EVENTS = token<MonitorEmitter>('events');
export const CONFIGURATION = token<LiveConfiguration>('configuration');
export const GUARDS = token<Guards>('guards');

/** The host of the plugin whose class is being built. */
export const PLUGIN_HOST = token<PluginHost>('plugin-host');

/** The same token, for a class that knows the type of its plugin's configuration. */
export function pluginHost<Config>(): Token<PluginHost<Config>> {
  return token<PluginHost<Config>>(PLUGIN_HOST.name);
}

/** What guards and log depend on: no plugin can replace it. */
export const SEALED_TOKENS: ReadonlySet<symbol> = new Set(
  [CONFIGURATION, EVENTS, GUARDS, LOGGER, MONITOR_PROCESS, PLUGIN_HOST, SUPERVISOR, USER_DATABASE].map(
    ({ id }) => id,
  ),
);
