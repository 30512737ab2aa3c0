import type { Configuration } from '../config/configuration.js';
import { LiveConfiguration } from '../config/live-configuration.js';
import { BlastRadius } from '../decision/blast-radius.js';
import { Guards } from '../decision/guards.js';
import { Judge } from '../decision/judge.js';
import { DecisionPipeline } from '../decision/pipeline.js';
import { RestartLoops } from '../decision/restart-loops.js';
import { Detector } from '../detection/detector.js';
import { Episodes } from '../detection/episodes.js';
import { messageOf } from '../errors.js';
import { MonitorEmitter } from '../events.js';
import { NO_EXTENSIONS, type Extensions } from '../extensions.js';
import { foreignProcError } from '../foreign-proc.js';
import { Monitor } from '../monitor.js';
import { Dispatcher } from '../termination/dispatcher.js';
import { SignalTerminator } from '../termination/signal-terminator.js';
import { Stop } from '../termination/stop.js';
import { NOBODY } from '../supervision.js';
import { Services } from './services.js';
import {
  CLOCK,
  CONFIGURATION,
  EVENTS,
  GUARDS,
  INTENT_LOG,
  LOGGER,
  MONITOR_PROCESS,
  PROCESS_SOURCE,
  SUPERVISOR,
  TERMINATOR,
  USER_DATABASE,
} from './tokens.js';

export interface Composition {
  readonly version: string;
  readonly configuration: Configuration;
  /** Provides what the platform has to: every token of the first group in tokens.ts. */
  readonly platform: (services: Services) => void;
  readonly extensions?: Extensions;
}

/**
 * Puts a monitor together. Throws MM_ERR_PROC_FOREIGN if it is armed and `/proc` shows another PID namespace, and
 * MM_ERR_DEPENDENCY_MISSING if the platform lacks a service.
 */
export function composeMonitor({
  version,
  configuration,
  platform,
  extensions = NO_EXTENSIONS,
}: Composition): Monitor {
  const services = new Services();
  platform(services);
  provideCore(services, configuration);
  const self = services.get(MONITOR_PROCESS);
  const foreign = configuration.settings.dryRun ? undefined : foreignProcError(self);
  if (foreign !== undefined) {
    throw foreign;
  }

  const clock = services.get(CLOCK);
  const events = services.get(EVENTS);
  const live = services.get(CONFIGURATION);
  const source = services.get(PROCESS_SOURCE);
  const episodes = new Episodes();
  const stop = new Stop(clock);
  const pipeline = new DecisionPipeline(clock, extensions.deciders, (plugin, hook, message) => {
    events.emit('pluginError', { plugin, hook, message });
  });
  const logger = services.get(LOGGER);
  return new Monitor({
    version,
    self,
    configuration: live,
    source,
    detector: new Detector({
      configuration: live,
      source,
      guards: services.get(GUARDS),
      users: services.get(USER_DATABASE),
      episodes,
      events,
      clock,
      logger,
      limitsOverrides: extensions.limits,
      wantsCommandLines: pipeline.hasDeciders,
    }),
    episodes,
    judge: new Judge(live, pipeline, episodes, new BlastRadius(clock), clock),
    dispatcher: new Dispatcher(live, services.get(TERMINATOR), new RestartLoops(clock), events, stop),
    intents: services.get(INTENT_LOG),
    intervals: extensions.intervals,
    events,
    supervisor: services.get(SUPERVISOR),
    clock,
    logger,
    stop,
  });
}

function provideCore(services: Services, configuration: Configuration): void {
  services
    .provide(CONFIGURATION, () => new LiveConfiguration(configuration))
    .provide(EVENTS, () => {
      const logger = services.get(LOGGER);
      return new MonitorEmitter((event, error) => {
        logger.error({ event: 'listenerFailed' }, `A listener of "${event}" failed: ${messageOf(error)}`);
      });
    })
    .provide(GUARDS, () => {
      const live = services.get(CONFIGURATION);
      return new Guards(services.get(MONITOR_PROCESS), services.get(USER_DATABASE), () => live.whitelist);
    })
    .provideDefault(SUPERVISOR, () => NOBODY)
    .provideDefault(TERMINATOR, () => services.resolve(SignalTerminator));
}
