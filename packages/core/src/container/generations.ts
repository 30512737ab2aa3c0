import type { LiveConfiguration } from '../config/live-configuration.js';
import type { BlastRadius } from '../decision/blast-radius.js';
import type { Guards } from '../decision/guards.js';
import { Judge } from '../decision/judge.js';
import { DecisionPipeline } from '../decision/pipeline.js';
import { Detector } from '../detection/detector.js';
import type { Episodes } from '../detection/episodes.js';
import { messageOf, MonitorError } from '../errors.js';
import { MonitorEmitter } from '../events.js';
import type { Extensions } from '../extensions.js';
import type { LiveClock } from '../live-clock.js';
import type { PluginFailures } from '../plugin/failures.js';
import type { PluginSurroundings } from '../plugin/live-host.js';
import type { LoadedPlugin } from '../plugin/loaded-plugin.js';
import { PluginSet } from '../plugin/plugin-set.js';
import { PluginStatistics } from '../plugin/statistics.js';
import type { Logger, ProcessGroups, ScanColumns, UserDatabase } from '../ports.js';
import type { Stages } from '../stages.js';
import { SignalTerminator } from '../termination/signal-terminator.js';
import { GuardedSignaller } from '../termination/signaller.js';
import { Services } from './services.js';
import type { Token } from './token.js';
import {
  CLOCK,
  INTENT_LOG,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  SIGNALLER,
  TERMINATOR,
} from './tokens.js';

/** What outlives a reload: every generation is built upon it. */
export interface Foundation {
  readonly services: Services;
  readonly configuration: LiveConfiguration;
  readonly guards: Guards;
  readonly users: UserDatabase;
  readonly events: MonitorEmitter;
  readonly clock: LiveClock;
  readonly logger: Logger;
  readonly failures: PluginFailures;
  readonly episodes: Episodes;
  readonly blastRadius: BlastRadius;
  /** Asked before those of the plugins. */
  readonly extensions: Extensions;
}

/** One set of plugins, and the stages built upon what it provides. */
export interface Generation {
  readonly plugins: PluginSet;
  readonly stages: Stages;
  readonly statistics: PluginStatistics;
  /** Whether a plugin provides a service: terminations that are under way may need it to their end. */
  readonly providesServices: boolean;
}

/** A platform that knows none: every target is the process alone. */
const NO_GROUPS: ProcessGroups = { groupOf: () => undefined };
const NO_SAMPLES: ScanColumns = {
  count: 0,
  pid: new Int32Array(),
  startTime: new Float64Array(),
  uid: new Uint32Array(),
  rssBytes: new Float64Array(),
  sharedBytes: new Float64Array(),
  unreadable: 0,
};

/** Sets plugins up as a whole, so that one set replaces another between two ticks. */
export class Generations {
  readonly #foundation: Foundation;
  #samples = NO_SAMPLES;
  #current: Generation;

  constructor(foundation: Foundation) {
    this.#foundation = foundation;
    const draft = this.#draft();
    this.#current = this.#build(draft, PluginSet.empty(draft));
  }

  get stages(): Stages {
    return this.#current.stages;
  }

  get plugins(): PluginSet {
    return this.#current.plugins;
  }

  /** What the latest scan has read, until its source writes over it: for plugins that observe scans. */
  rememberSamples(samples: ScanColumns): void {
    this.#samples = samples;
  }

  /** Sets plugins up beside those that are in force. Rejects with an error that names the plugin if one can't be. */
  async prepare(plugins: readonly LoadedPlugin[]): Promise<Generation> {
    const draft = this.#draft();
    const set = await PluginSet.setUp(plugins, draft);
    try {
      return this.#build(draft, set);
    } catch (error) {
      await set.dispose();
      throw error;
    }
  }

  /** Puts a generation in force, at once and whole. Returns the one before it, for its disposal. */
  adopt(next: Generation): Generation {
    const last = this.#current;
    this.#current = next;
    const { clock, onFailure } = next.stages.clock;
    this.#foundation.clock.replace(clock, onFailure);
    this.#foundation.failures.countIn(next.statistics, (plugin, error) =>
      next.plugins.placeOf(plugin, error),
    );
    last.plugins.unsubscribe();
    next.plugins.subscribe();
    return last;
  }

  #draft(): Draft {
    const { events, clock, logger, failures } = this.#foundation;
    const services = new Services(this.#foundation.services)
      .provideDefault(PROCESS_GROUPS, () => NO_GROUPS)
      .provideDefault(SIGNALLER, (all) => all.resolve(GuardedSignaller))
      .provideDefault(TERMINATOR, (all) => all.resolve(SignalTerminator));
    const providers = new Map<symbol, string>();
    return {
      services,
      events,
      clock,
      logger,
      statistics: new PluginStatistics(),
      onFailure: failures.report,
      samples: () => this.#samples,
      onProvide: (tokenId, plugin) => {
        providers.set(tokenId, plugin);
      },
      providers,
    };
  }

  #build(draft: Draft, plugins: PluginSet): Generation {
    const { statistics, providers } = draft;
    const extensions = joined(this.#foundation.extensions, plugins.extensions);
    return {
      plugins,
      stages: this.#stages(draft, extensions),
      statistics,
      providesServices: providers.size > 0,
    };
  }

  #stages(draft: Draft, extensions: Extensions): Stages {
    const { blastRadius, clock, configuration, episodes, events, failures, guards, logger, users } =
      this.#foundation;
    const pipeline = new DecisionPipeline(clock, extensions.deciders, failures.report);
    const source = serviceOf(draft, PROCESS_SOURCE);
    const stagesOn = (state: State): Pick<Stages, 'detector' | 'judge'> => ({
      detector: new Detector({
        configuration,
        source,
        guards,
        users,
        clock,
        ...state,
        limitsOverrides: extensions.limits,
        detectors: extensions.detectors,
        onFailure: failures.report,
        wantsCommandLines: pipeline.hasDeciders,
      }),
      judge: new Judge(configuration, pipeline, state.episodes, state.blastRadius, clock),
    });
    return {
      clock: { clock: serviceOf(draft, CLOCK), onFailure: this.#blame(draft, CLOCK) },
      source,
      ...stagesOn({ episodes, blastRadius, events, logger }),
      preview: () =>
        stagesOn({
          episodes: episodes.copy(),
          blastRadius: blastRadius.copy(),
          events: new MonitorEmitter(() => undefined),
          logger: SILENT,
        }),
      terminator: {
        terminator: serviceOf(draft, TERMINATOR),
        onFailure: this.#blame(draft, TERMINATOR, SIGNALLER, PROCESS_HANDLES, PROCESS_GROUPS),
      },
      intents: serviceOf(draft, INTENT_LOG),
      intervals: extensions.intervals,
      earlyScans: extensions.earlyScans,
      limits: extensions.limits,
      onSourceFailure: this.#blame(draft, PROCESS_SOURCE),
    };
  }

  /** A service that fails is its plugin's failure, where a plugin provides it, or else one that it is built upon. */
  #blame({ providers }: Draft, ...blamed: readonly Service[]): (error: unknown) => void {
    return (error) => {
      for (const { id, name } of blamed) {
        const plugin = providers.get(id);
        if (plugin !== undefined) {
          this.#foundation.failures.report(plugin, `provide:${name}`, error);
          return;
        }
      }
    };
  }
}

/** A token, of whatever service. */
type Service = Pick<Token<never>, 'id' | 'name'>;

/** What detection and decisions keep from scan to scan, and whom they tell. */
interface State {
  readonly episodes: Episodes;
  readonly blastRadius: BlastRadius;
  readonly events: MonitorEmitter;
  readonly logger: Logger;
}

const ignore = (): void => undefined;
const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** What a generation is built of while its plugins are set up. */
interface Draft extends PluginSurroundings {
  /** Plugins by the service that they provide. */
  readonly providers: ReadonlyMap<symbol, string>;
}

/** Makes a service; where a plugin provides it and can't, the error says so. */
function serviceOf<T>({ services, providers }: Draft, wanted: Token<T>): T {
  try {
    return services.get(wanted);
  } catch (error) {
    const plugin = providers.get(wanted.id);
    if (plugin === undefined) {
      throw error;
    }
    const message = `The plugin ${plugin} can not make the service "${wanted.name}" that it provides: ${messageOf(error)}`;
    throw new MonitorError('MM_ERR_PLUGIN_SETUP', message, { cause: error });
  }
}

function joined(first: Extensions, second: Extensions): Extensions {
  return {
    intervals: [...first.intervals, ...second.intervals],
    earlyScans: [...first.earlyScans, ...second.earlyScans],
    limits: [...first.limits, ...second.limits],
    detectors: [...first.detectors, ...second.detectors],
    deciders: [...first.deciders, ...second.deciders],
  };
}
