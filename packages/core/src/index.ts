/**
 * The plugin API, and what a monitor is composed of.
 * @module @memory-monitor/core
 */
export type {
  Configuration,
  PluginConfig,
  SettingsConfig,
  ThresholdsConfig,
} from './config/configuration.js';
export { limitsOf } from './config/configuration.js';
export type { LiveConfiguration } from './config/live-configuration.js';
export { ConfigurationError, formatMistake, type ConfigurationMistake } from './config/mistake.js';
export { defaultConfiguration, parseConfiguration } from './config/parse-configuration.js';
export { locate, type Remark } from './config/locate.js';
export { ConfigPlaces, type ConfigPlace } from './config/config-places.js';
export type { SourceFile } from './config/source-file.js';
export { nearestTo } from './config/suggest.js';
export type { TomlPath } from './config/merge.js';
export { composeMonitor, type Composition } from './container/compose.js';
export { Services, type MakeService } from './container/services.js';
export { inject, injectable, token, type Token } from './container/token.js';
export {
  CLOCK,
  CONFIGURATION,
  GUARDS,
  INTENT_LOG,
  LOGGER,
  MONITOR_PROCESS,
  KERNEL_MEANS,
  PRESSURE_ALARM,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PLUGIN_HOST,
  pluginHost,
  PROCESS_SOURCE,
  SIGNALLER,
  SUPERVISOR,
  TERMINATOR,
  USER_DATABASE,
} from './container/tokens.js';
export type { GuardFinding, Guards, GuardSubject } from './decision/guards.js';
export type { Limit, Limits, LimitsChange, LimitsOverride, OnFailure } from './decision/limits.js';
export type { Decider, DeciderAnswer, Decision } from './decision/pipeline.js';
export type { Action, TrailEntry, Verdict } from './decision/verdict.js';
export { Whitelist, type NameEntry, type Owner, type WhitelistConfig } from './decision/whitelist.js';
export type { DetectAnswer, Detection, DetectScan, PluginDetector } from './detection/raised.js';
export { rowsOf, type ScanSamples } from './detection/samples.js';
export { anonymousBytesOf, type ViolationMeasure } from './detection/measure.js';
export type { Violation } from './detection/violation.js';
export { LATE, within } from './deadline.js';
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
  ScanTrigger,
  StartedEvent,
  StoppingEvent,
  ViolationEvent,
} from './events.js';
export type { EarlyScan } from './early-scan.js';
export { NO_EXTENSIONS, type Extensions } from './extensions.js';
export type { ExplainedLimits, Explanation } from './explain/explanation.js';
export type { HookFailure, HookName } from './hook-failure.js';
export type { IntervalAnswer, IntervalOverride } from './interval.js';
export { BoundedLogger } from './log/bounded-logger.js';
export { localTimestamp } from './log/local-timestamp.js';
export { logEvents, type LogEventsOptions } from './log/log-events.js';
export { maskSecrets } from './log/mask-secrets.js';
export { MESSAGE_IDS, messageIdOf } from './log/message-ids.js';
export { printable } from './log/printable.js';
export type { Monitor } from './monitor.js';
export { checkConfig, type CheckedConfig, type ConfigIssue } from './plugin/check-config.js';
export {
  API_VERSION,
  checkDefinition,
  definePlugin,
  type ConfigOf,
  type Need,
  type PluginDefinition,
} from './plugin/definition.js';
export type {
  HookOptions,
  PluginEventName,
  PluginEvents,
  PluginHost,
  PluginListener,
  PluginLogger,
  PluginLogMethod,
} from './plugin/host.js';
export {
  IsolatedPlugin,
  type IsolatedLoad,
  type IsolatedPluginOptions,
} from './plugin/isolation/isolated-plugin.js';
export type {
  FromChild,
  IsolationState,
  LaunchPluginProcess,
  PluginCode,
  PluginProcess,
  PluginProcessListener,
  ToChild,
} from './plugin/isolation/protocol.js';
export { parseFromChild } from './plugin/isolation/parse-from-child.js';
export { Rate } from './plugin/isolation/rate.js';
export { PluginServer, type ChildSurroundings } from './plugin/isolation/serve-plugin.js';
export { NO_TRACE, tracedToTheEnd, type CodeTrace } from './plugin/code-trace.js';
export { PluginError } from './plugin/plugin-error.js';
export type { LoadedPlugin, PluginSource } from './plugin/loaded-plugin.js';
export type { PluginDescription } from './plugin/plugin-set.js';
export type { InputOf, OutputOf, Schema } from './plugin/standard-schema.js';
export type { HookStatistics } from './plugin/statistics.js';
export type {
  Clock,
  Intent,
  IntentLog,
  GroupKind,
  GroupLookup,
  KernelMeans,
  Logger,
  LogMethod,
  MonitorProcess,
  PressureAlarm,
  ProcessGroup,
  ProcessGroups,
  ProcessHandle,
  ProcessHandles,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  Signal,
  SignalResult,
  SlowFacts,
  SlowFactsRequest,
  Supervisor,
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
  type MemoryPressure,
  type ProcessDetails,
  type ProcessIdentity,
  type ProcessSample,
} from './process.js';
export type { MonitorStatus, ViolationStatus } from './status.js';
export { superviseBy } from './supervision.js';
export type { Stop } from './termination/stop.js';
export type {
  Hold,
  Reach,
  SignalAttempt,
  Signaller,
  TerminationEnding,
  TerminationRequest,
  TerminationResult,
  Terminator,
} from './termination/terminator.js';
export { BYTES_PER_GB, inGb } from './units.js';
export { fitsWildcard, isWildcard } from './wildcard.js';
