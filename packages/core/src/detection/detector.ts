import type { LiveConfiguration } from '../config/live-configuration.js';
import type { GuardFinding, Guards } from '../decision/guards.js';
import type { LimitsOverride } from '../decision/limits.js';
import { wholeNameOf } from '../decision/whole-name.js';
import type { MonitorEmitter } from '../events.js';
import type { HookFailure } from '../hook-failure.js';
import type {
  Clock,
  Logger,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  SlowFacts,
  SlowFactsRequest,
  UserDatabase,
} from '../ports.js';
import type { MachineMemory, ProcessIdentity, ProcessSample } from '../process.js';
import { describeProcess } from './describe.js';
import { detect, type Candidate } from './detect.js';
import type { Episode, Episodes } from './episodes.js';
import { amountsOf, wishesOf } from './finding.js';
import { LimitTable } from './limit-table.js';
import { quickMeasure, quickMeasureOf, type ViolationMeasure } from './measure.js';
import { raise, type Finding, type PluginDetector, type Raised } from './raised.js';
import { isPressing } from './violation.js';

/** How long detection waits for facts that it can not do without, of all candidates side by side. */
const SLOW_FACTS_DEADLINE_MS = 250;
/** How long facts that only make payloads richer may take; nothing waits for them. */
const LATE_FACTS_DEADLINE_MS = 2000;

const NO_SLOW_FACTS: SlowFacts = { commandLine: undefined, pssBytes: undefined };

interface Inspected extends Candidate {
  readonly inspection: ProcessInspection;
  /** What a plugin has found; without it the process is over its own limit. */
  readonly finding?: Finding;
}

/** Stage 2: from the columns of a scan to the violations that last, with everything that is known about each. */
export class Detector {
  readonly #configuration: LiveConfiguration;
  readonly #source: ProcessSource;
  readonly #guards: Guards;
  readonly #users: UserDatabase;
  readonly #episodes: Episodes;
  readonly #events: MonitorEmitter;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limitsOverrides: readonly LimitsOverride[];
  readonly #detectors: readonly PluginDetector[];
  readonly #onFailure: HookFailure;
  readonly #limitTable: LimitTable;
  readonly #wantsCommandLines: boolean;
  readonly #toldGuards = new Set<string>();

  constructor(parts: {
    readonly configuration: LiveConfiguration;
    readonly source: ProcessSource;
    readonly guards: Guards;
    readonly users: UserDatabase;
    readonly episodes: Episodes;
    readonly events: MonitorEmitter;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly limitsOverrides: readonly LimitsOverride[];
    readonly detectors: readonly PluginDetector[];
    /** Told when a plugin fails. */
    readonly onFailure: HookFailure;
    /** Whether a decider is going to look at the violations, so that command lines are worth a short wait. */
    readonly wantsCommandLines: boolean;
  }) {
    this.#configuration = parts.configuration;
    this.#source = parts.source;
    this.#guards = parts.guards;
    this.#users = parts.users;
    this.#episodes = parts.episodes;
    this.#events = parts.events;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#limitsOverrides = parts.limitsOverrides;
    this.#detectors = parts.detectors;
    this.#onFailure = parts.onFailure;
    this.#limitTable = new LimitTable(parts.clock);
    this.#wantsCommandLines = parts.wantsCommandLines;
  }

  /** The violators of this scan, the largest first. Tells which violations have begun and ended. */
  async detect(columns: ScanColumns, memory: MachineMemory): Promise<Episode[]> {
    this.#episodes.beginScan();
    const candidates = await this.#findCandidates(columns, memory);
    const slowFacts = await this.#readWhatIsNeeded(candidates);
    const settled = new Set<Finding>();
    const violators = new Map<number, Episode>();
    for (const [index, candidate] of candidates.entries()) {
      const { finding, inspection } = candidate;
      if (finding !== undefined && settled.has(finding)) {
        continue;
      }
      const episode =
        violators.get(inspection.pid) ??
        this.#violation(candidate, slowFacts[index] ?? NO_SLOW_FACTS, memory);
      if (episode !== undefined) {
        violators.set(inspection.pid, episode);
        if (finding !== undefined && !episode.isBeyondReach) {
          settled.add(finding);
        }
      }
    }
    this.#tellEnded();
    return [...violators.values()].sort((a, b) => b.violation.usedBytes - a.violation.usedBytes);
  }

  /**
   * Those over their limits come first, then what plugins raise, in their order; before all of them what plugins call urgent. One
   * process is one violation: a finding about a violator adds nothing, and nobody else has to go for it, unless that one can't
   * be ended.
   */
  async #findCandidates(columns: ScanColumns, memory: MachineMemory): Promise<Inspected[]> {
    const { limits, settings } = this.#configuration;
    const settingsOfScan = {
      limits,
      measure: settings.measure,
      overrides: this.#limitsOverrides,
      table: this.#limitTable,
      ramBytes: memory.totalBytes,
      onFailure: this.#onFailure,
    };
    const over = this.#inspect(detect(columns, settingsOfScan, this.#episodes));
    const raised = await raise(
      this.#detectors,
      columns,
      memory,
      {
        terminating: this.#processesThat(({ isBeingTerminated }) => isBeingTerminated),
        beyondReach: this.#processesThat(({ isBeyondReach }) => isBeyondReach),
      },
      this.#clock,
      this.#onFailure,
    );
    const inspected = this.#inspectRaised(raised);
    const urgent = inspected.filter(({ finding }) => finding?.isUrgent === true);
    return [...urgent, ...over, ...inspected.filter(({ finding }) => finding?.isUrgent !== true)];
  }

  #processesThat(are: (episode: Episode) => boolean): ProcessIdentity[] {
    return this.#episodes
      .all()
      .filter(are)
      .map(({ violation: { process } }) => ({ pid: process.pid, startTime: process.startTime }));
  }

  #inspect(candidates: readonly Candidate[]): Inspected[] {
    const { measure } = this.#configuration.settings;
    return candidates.flatMap((candidate) => {
      const inspection = this.#inspectAgain(candidate.sample);
      return inspection !== undefined &&
        quickMeasure(measure, inspection.rssBytes, inspection.sharedBytes) > candidate.limit.limitBytes
        ? [{ ...candidate, inspection }]
        : [];
    });
  }

  #inspectRaised(raised: readonly Raised[]): Inspected[] {
    return raised.flatMap(({ finding, sample }) => {
      const inspection = this.#inspectAgain(sample);
      const limit = {
        limitBytes: finding.limitBytes,
        rule: `plugin:${finding.plugin}`,
        ruleReason: finding.reason,
      };
      return inspection === undefined ? [] : [{ sample, limit, doubts: [], inspection, finding }];
    });
  }

  /**
   * The scan may have taken the process for another, or for another user's, whose limits and total are others, or it may be on
   * its way out or gone: then there is nobody to judge in this scan.
   */
  #inspectAgain(sample: ProcessSample): ProcessInspection | undefined {
    const inspection = this.#source.inspect(sample);
    return inspection?.uid === sample.uid && !inspection.isExiting ? inspection : undefined;
  }

  async #readWhatIsNeeded(candidates: readonly Inspected[]): Promise<SlowFacts[]> {
    if (candidates.length === 0) {
      return [];
    }
    const names = this.#configuration.whitelist.userNames;
    const uids = new Set(candidates.map(({ inspection }) => inspection.uid));
    const gids = new Set(candidates.map(({ inspection }) => inspection.gid));
    const presses = candidates.some(({ finding }) => finding !== undefined && isPressing(finding));
    // Guards ask for users; what a group is called only makes what is told richer.
    const wanted = presses ? { uids, names } : { uids, gids, names };
    const [slowFacts] = await Promise.all([
      Promise.all(candidates.map((candidate) => this.#readSlowly(candidate))),
      this.#users.resolve(wanted, SLOW_FACTS_DEADLINE_MS),
    ]);
    return slowFacts;
  }

  async #readSlowly({ inspection, finding }: Inspected): Promise<SlowFacts> {
    const known = this.#knownFacts(inspection);
    const presses = finding !== undefined && isPressing(finding);
    const wanted: SlowFactsRequest = {
      pss: this.#measureFor(finding) === 'pss',
      // A program that reads it would have to be read from disk first, and the loop waits for that.
      commandLine:
        known.commandLine === undefined &&
        ((this.#wantsCommandLines && !presses) || this.#guards.needsWholeName(inspection)),
    };
    if (wanted.pss !== true && wanted.commandLine !== true) {
      return known;
    }
    const read = await this.#source.inspectSlowly(inspection, wanted, SLOW_FACTS_DEADLINE_MS);
    return {
      commandLine: read.commandLine ?? known.commandLine,
      pssBytes: wanted.pss === true ? read.pssBytes : known.pssBytes,
    };
  }

  #measureFor(finding: Finding | undefined): ViolationMeasure {
    return finding?.measure ?? this.#configuration.settings.measure;
  }

  /** What an earlier scan has read, as long as the process still runs the same program. */
  #knownFacts(inspection: ProcessInspection): SlowFacts {
    const known = this.#episodes.find(inspection)?.violation.process;
    return known?.comm === inspection.comm && known.executable === inspection.executable
      ? known
      : NO_SLOW_FACTS;
  }

  #violation(candidate: Inspected, slow: SlowFacts, memory: MachineMemory): Episode | undefined {
    const { inspection, limit, doubts, finding } = candidate;
    const measure = this.#measureFor(finding);
    const wholeName = wholeNameOf(inspection, slow.commandLine);
    const protection = this.#guards.check({ inspection, wholeName });
    if (protection !== undefined) {
      if (protection.guard === 'unknown-owner' || protection.guard === 'unknown-name') {
        this.#tellUnknown(protection);
      }
      this.#endIfGuarded(inspection);
      return undefined;
    }
    const quickBytes = quickMeasureOf(measure, inspection);
    const ownBytes = measure === 'pss' ? slow.pssBytes : quickBytes;
    if (ownBytes === undefined) {
      return undefined;
    }
    const amounts = amountsOf(ownBytes, limit.limitBytes, finding);
    if (ownBytes <= amounts.spareBelowBytes) {
      return undefined;
    }
    const nowMs = this.#clock.now();
    const sinceMs = this.#episodes.find(inspection)?.violation.sinceMs ?? nowMs;
    const violation = {
      process: describeProcess(inspection, wholeName, slow, this.#users),
      measure,
      ...amounts,
      limitBytes: limit.limitBytes,
      rule: limit.rule,
      raisedBy: finding?.plugin,
      ruleReason: limit.ruleReason,
      ...wishesOf(finding),
      ramBytes: memory.totalBytes,
      sinceMs,
      lastedMs: Math.max(0, nowMs - sinceMs),
    };
    const presses = isPressing(violation);
    if (presses) {
      this.#events.holdBack();
    }
    const { episode, isNew } = this.#episodes.markOver(violation, doubts);
    if (isNew) {
      this.#events.emit('violation', { phase: 'began', violation: episode.violation });
      if (!presses) {
        this.#readLateFacts(episode);
      }
    }
    return episode;
  }

  /** Command line and PSS for the payloads to come; they can hang, so nothing waits for them. */
  #readLateFacts(episode: Episode): void {
    const { process } = episode.violation;
    if (process.commandLine !== undefined) {
      return;
    }
    const wanted = { commandLine: true, pss: true };
    void this.#source.inspectSlowly(process, wanted, LATE_FACTS_DEADLINE_MS).then((facts) => {
      const known = episode.violation.process;
      episode.violation = {
        ...episode.violation,
        process: {
          ...known,
          commandLine: known.commandLine ?? facts.commandLine,
          pssBytes: known.pssBytes ?? facts.pssBytes,
        },
      };
    });
  }

  #endIfGuarded(inspection: ProcessInspection): void {
    const episode = this.#episodes.find(inspection);
    // A termination that is under way asks the guards itself, and keeps its episode until it has.
    if (episode !== undefined && !episode.isBeingTerminated) {
      this.#episodes.remove(episode);
      this.#events.emit('violation', { phase: 'ended', violation: episode.violation, endReason: 'guarded' });
    }
  }

  #tellEnded(): void {
    for (const { episode, reason } of this.#episodes.endScan()) {
      const lastedMs = Math.max(0, this.#clock.now() - episode.violation.sinceMs);
      this.#events.emit('violation', {
        phase: 'ended',
        violation: { ...episode.violation, lastedMs },
        endReason: reason,
      });
    }
  }

  /** One warning for each reason, however many processes it spares. */
  #tellUnknown({ guard, reason }: GuardFinding): void {
    if (!this.#toldGuards.has(guard)) {
      this.#toldGuards.add(guard);
      const message =
        guard === 'unknown-owner'
          ? 'The user database does not answer: processes whose owner is not known are spared, since users are whitelisted'
          : `A process over its limit is spared, since names are whitelisted: ${reason}`;
      this.#logger.warn({ event: guard === 'unknown-owner' ? 'userDatabase' : 'unknownName' }, message);
    }
  }
}
