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
import type { Terminator } from '../termination/terminator.js';
import { token } from './token.js';

/** What a platform has to provide. */
export const CLOCK = token<Clock>('clock');
export const LOGGER = token<Logger>('logger');
export const MONITOR_PROCESS = token<MonitorProcess>('monitor-process');
export const PROCESS_SOURCE = token<ProcessSource>('process-source');
export const PROCESS_HANDLES = token<ProcessHandles>('process-handles');
export const USER_DATABASE = token<UserDatabase>('user-database');
export const INTENT_LOG = token<IntentLog>('intent-log');

/** What core provides itself; the first two can be replaced. */
export const TERMINATOR = token<Terminator>('terminator');
export const SUPERVISOR = token<Supervisor>('supervisor');
export const EVENTS = token<MonitorEmitter>('events');
export const CONFIGURATION = token<LiveConfiguration>('configuration');
export const GUARDS = token<Guards>('guards');
