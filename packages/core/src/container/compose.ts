import type { Configuration } from '../config/configuration.js';
import { LiveConfiguration } from '../config/live-configuration.js';
import { BlastRadius } from '../decision/blast-radius.js';
import { Guards } from '../decision/guards.js';
import { RestartLoops } from '../decision/restart-loops.js';
import { Episodes } from '../detection/episodes.js';
import { messageOf } from '../errors.js';
import { MonitorEmitter } from '../events.js';
import { NO_EXTENSIONS, type Extensions } from '../extensions.js';
import { foreignProcError } from '../foreign-proc.js';
import { LiveClock } from '../live-clock.js';
import { Monitor } from '../monitor.js';
import { PluginFailures } from '../plugin/failures.js';
import type { PressureAlarm } from '../ports.js';
import { StatusBoard } from '../status.js';
import { NOBODY } from '../supervision.js';
import { Dispatcher } from '../termination/dispatcher.js';
import { Recovery } from '../termination/recovery.js';
import { IntentRecorder } from '../termination/intent-recorder.js';
import { Stop } from '../termination/stop.js';
import { Generations } from './generations.js';
import { Services } from './services.js';
import {
  CLOCK,
  CONFIGURATION,
  EVENTS,
  GUARDS,
  KERNEL_MEANS,
  LOGGER,
  MONITOR_PROCESS,
  PRESSURE_ALARM,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  SUPERVISOR,
  USER_DATABASE,
} from './tokens.js';

/** Nothing tells of pressure. */
const NO_ALARM: PressureAlarm = { onPressure: () => () => undefined };

/** What a monitor is put together from. */
export interface Composition {
  readonly version: string;
  readonly configuration: Configuration;
  /** Provides what the platform has to: every token of the first group in tokens.ts. */
  readonly platform: (services: Services) => void;
  /** It never runs, so that nothing can be signalled by it. */
  readonly isIdle?: boolean;
  /** Asked before those of the plugins; for tests of single stages. */
  readonly extensions?: Extensions;
}

/**
 * Puts a monitor together, without plugins; `Monitor.usePlugins` adds them. Throws MM_ERR_PROC_FOREIGN if it is armed and `/proc`
 * shows another PID namespace, and MM_ERR_DEPENDENCY_MISSING if the platform lacks a service.
 */
export function composeMonitor({
  version,
  configuration,
  platform,
  isIdle = false,
  extensions = NO_EXTENSIONS,
}: Composition): Monitor {
  const services = new Services();
  platform(services);
  const self = services.get(MONITOR_PROCESS);
  const foreign = configuration.settings.dryRun || isIdle ? undefined : foreignProcError(self);
  if (foreign !== undefined) {
    throw foreign;
  }

  const clock = new LiveClock(services.get(CLOCK));
  const logger = services.get(LOGGER);
  const users = services.get(USER_DATABASE);
  const live = new LiveConfiguration(configuration);
  const guards = new Guards(self, users, () => live.whitelist);
  const events = new MonitorEmitter((event, error) => {
    logger.error({ event: 'listenerFailed' }, `A listener of "${event}" failed: ${messageOf(error)}`);
  });
  services
    .provide(CONFIGURATION, () => live)
    .provide(EVENTS, () => events)
    .provide(GUARDS, () => guards)
    .provideDefault(SUPERVISOR, () => NOBODY)
    .provideDefault(PRESSURE_ALARM, () => NO_ALARM)
    .provideDefault(KERNEL_MEANS, () => []);

  const failures = new PluginFailures(events, clock);
  const episodes = new Episodes();
  const stop = new Stop(clock);
  const generations = new Generations({
    services,
    configuration: live,
    guards,
    users,
    events,
    clock,
    logger,
    failures,
    episodes,
    blastRadius: new BlastRadius(clock),
    extensions,
  });
  const dispatcher = new Dispatcher({
    configuration: live,
    terminator: () => generations.stages.terminator,
    intents: new IntentRecorder(() => generations.stages.intents, clock, logger),
    restartLoops: new RestartLoops(clock),
    events,
    clock,
    stop,
  });
  return new Monitor({
    version,
    self,
    configuration: live,
    generations,
    episodes,
    guards,
    users,
    pressureAlarm: services.get(PRESSURE_ALARM),
    dispatcher,
    recovery: new Recovery(() => generations.stages.intents, events, clock, logger),
    rehearsal: () => ({
      configuration: live,
      source: services.get(PROCESS_SOURCE),
      handles: services.get(PROCESS_HANDLES),
      groups: services.get(PROCESS_GROUPS),
      guards,
      users,
      clock,
    }),
    failures,
    status: new StatusBoard(events, episodes, clock, services.get(KERNEL_MEANS)),
    events,
    supervisor: services.get(SUPERVISOR),
    clock,
    logger,
    stop,
  });
}
