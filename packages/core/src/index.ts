export type {
  Configuration,
  PluginConfig,
  SettingsConfig,
  ThresholdsConfig,
} from './config/configuration.js';
export { limitsOf } from './config/configuration.js';
export type { LiveConfiguration } from './config/live-configuration.js';
export { ConfigurationError, formatMistake, type ConfigurationMistake } from './config/mistake.js';
export { defaultConfiguration, parseConfiguration, type SourceFile } from './config/parse-configuration.js';
export { composeMonitor, type Composition } from './container/compose.js';
export { Services } from './container/services.js';
export { inject, injectable, token, type Token } from './container/token.js';
export {
  CLOCK,
  CONFIGURATION,
  EVENTS,
  GUARDS,
  INTENT_LOG,
  LOGGER,
  MONITOR_PROCESS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  SUPERVISOR,
  TERMINATOR,
  USER_DATABASE,
} from './container/tokens.js';
export type { GuardFinding, Guards, GuardSubject } from './decision/guards.js';
export type { Limit, Limits, LimitsOverride } from './decision/limits.js';
export type { Decider, DeciderAnswer, Decision } from './decision/pipeline.js';
export type { Action, TrailEntry, Verdict } from './decision/verdict.js';
export { Whitelist, type NameEntry, type Owner, type WhitelistConfig } from './decision/whitelist.js';
export type { Violation } from './detection/violation.js';
export { ERROR_CODES, messageOf, MonitorError, type ErrorCode } from './errors.js';
export type {
  DecisionEvent,
  EventName,
  KillEvent,
  Listener,
  MemoryEvent,
  MonitorEmitter,
  MonitorEvents,
  Outcome,
  PluginErrorEvent,
  RecoveredEvent,
  ReloadedEvent,
  RestartLoopEvent,
  ScanEvent,
  StartedEvent,
  StoppingEvent,
  ViolationEvent,
} from './events.js';
export { NO_EXTENSIONS, type Extensions } from './extensions.js';
export type { IntervalOverride } from './interval.js';
export { logEvents, type LogEventsOptions } from './log/log-events.js';
export { printable } from './log/printable.js';
export type { Monitor } from './monitor.js';
export type {
  Clock,
  Intent,
  IntentLog,
  Logger,
  MonitorProcess,
  ProcessHandle,
  ProcessHandles,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  SignalResult,
  SlowFacts,
  SlowFactsRequest,
  Supervisor,
  TerminationSignal,
  UnfinishedIntent,
  UserDatabase,
  UserLookup,
  UserLookupRequest,
} from './ports.js';
export {
  identityKey,
  isSameProcess,
  type MachineMemory,
  type Measure,
  type ProcessDetails,
  type ProcessIdentity,
  type ProcessSample,
} from './process.js';
export { superviseBy } from './supervision.js';
export type { Stop } from './termination/stop.js';
export type { TerminationRequest, TerminationResult, Terminator } from './termination/terminator.js';
export { BYTES_PER_GB, inGb } from './units.js';
