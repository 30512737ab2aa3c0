import type { LiveConfiguration } from './config/live-configuration.js';
import { BlastRadius } from './decision/blast-radius.js';
import type { Guards } from './decision/guards.js';
import { Judge } from './decision/judge.js';
import { DecisionPipeline } from './decision/pipeline.js';
import { Detector } from './detection/detector.js';
import { Episodes } from './detection/episodes.js';
import type { PluginDetector } from './detection/raised.js';
import { MonitorEmitter } from './events.js';
import type { Clock, Logger, ProcessGroups, ProcessHandles, ProcessSource, UserDatabase } from './ports.js';
import { SignalTerminator } from './termination/signal-terminator.js';
import { GuardedSignaller } from './termination/signaller.js';
import { Stop } from './termination/stop.js';

const NAME = 'rehearsal';
const MOST_CHOSEN = 8;

const ignore = (): void => undefined;
const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface RehearsalParts {
  readonly configuration: LiveConfiguration;
  readonly source: ProcessSource;
  readonly handles: ProcessHandles;
  readonly groups: ProcessGroups;
  readonly guards: Guards;
  readonly users: UserDatabase;
  readonly clock: Clock;
}

/**
 * Goes the whole way to a signal once, of a process that no guard protects, and is disarmed when it comes to that: code is compiled when
 * it runs first, and its pages are read from disk then, which takes ten times as long as the way itself, and longer where memory is
 * short. No plugin is asked, nothing is told or remembered. Never rejects.
 */
export async function rehearse(parts: () => RehearsalParts): Promise<void> {
  try {
    await goAllTheWay(parts());
  } catch {
    // What is wrong shows when it matters, and is told then.
  }
}

async function goAllTheWay(parts: RehearsalParts): Promise<void> {
  const { clock, configuration, groups, guards, handles, source } = parts;
  const episodes = new Episodes();
  const detector = new Detector({
    ...parts,
    episodes,
    events: new MonitorEmitter(ignore),
    logger: SILENT,
    limitsOverrides: [],
    detectors: [largest()],
    onFailure: ignore,
    wantsCommandLines: false,
  });
  const pipeline = new DecisionPipeline(clock, [], ignore);
  const judge = new Judge(configuration, pipeline, episodes, new BlastRadius(clock), clock);
  const terminator = new SignalTerminator(new GuardedSignaller(handles, source, guards, groups));
  const violators = await detector.detect(source.scan(), source.readMemory());
  const [judged] = await judge.judge(violators);
  if (judged !== undefined) {
    await terminator.terminate({
      violation: judged.decision.violation,
      graceMs: 0,
      maySpareInGrace: true,
      why: NAME,
      isArmed: () => false,
      stop: new Stop(clock),
      hurry: new AbortController().signal,
    });
  }
}

/** Finds the largest processes, whatever their limits. */
function largest(): PluginDetector {
  return {
    plugin: NAME,
    deadlineMs: 1000,
    detect: ({ memory, samples }) => {
      // Without an object for each process of the machine: memory that has been taken once stays taken.
      const chosen: number[] = [];
      const bytesAt = (index: number): number => samples.rssBytes[index] ?? 0;
      for (let index = 0; index < samples.count; index += 1) {
        if (chosen.length < MOST_CHOSEN || bytesAt(index) > bytesAt(chosen.at(-1) ?? 0)) {
          chosen.push(index);
          chosen.sort((a, b) => bytesAt(b) - bytesAt(a)).splice(MOST_CHOSEN);
        }
      }
      return [
        {
          processes: chosen.map((index) => ({
            pid: samples.pid[index] ?? 0,
            startTime: samples.startTime[index] ?? 0,
          })),
          usedBytes: memory.usedBytes,
          limitBytes: 0,
          reason: NAME,
          spareBelowBytes: 0,
          spareAboveAvailableBytes: memory.totalBytes,
          isUrgent: true,
        },
      ];
    },
  };
}
