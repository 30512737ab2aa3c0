import { LATE, within } from '../deadline.js';
import { deepFreeze } from '../freeze.js';
import type { HookFailure } from '../hook-failure.js';
import { shortened } from '../log/shortened.js';
import type { Clock, GroupKind, ScanColumns } from '../ports.js';
import { identityKey, type MachineMemory, type ProcessIdentity, type ProcessSample } from '../process.js';
import { SampleView } from './sample-view.js';
import { copySamples, type ScanSamples } from './samples.js';

/** A violation that a plugin has found. */
export interface Detection {
  /** Whom it is about, in the order in which they are to go: the first one that no guard protects is the violator. */
  readonly processes: readonly ProcessIdentity[];
  /** What counts against the limit: a user's total, say. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** In words: what is over which limit. */
  readonly reason: string;
  /**
   * The process is let live before a signal if its own memory is no more than this. Left out, it is what the process may
   * keep for the excess to be gone: its own memory less what `usedBytes` is over `limitBytes`.
   */
  readonly spareBelowBytes?: number;
  /**
   * `anonymous`: the process's own memory is its anonymous memory and its swap, whatever `[settings] measure` says. That is what
   * ending it gives back.
   */
  readonly measure?: 'anonymous';
  /**
   * The machine itself is at stake. Such a detection comes before everything else that is found about the same process, the cap
   * of kills a minute does not hold it up, and a termination of the process that is under way is sped up. Guards and the
   * deciders of other plugins count as ever.
   */
  readonly isUrgent?: boolean;
  /** The process is let live before a signal if the machine has at least so many bytes available by then. */
  readonly spareAboveAvailableBytes?: number;
  /** Seconds between SIGTERM and SIGKILL; those of `[settings]` if left out. */
  readonly graceSeconds?: number;
  /**
   * Who is ended: the process alone, if left out, or all of its process group, session or control group. If a guard protects one of
   * those, it is the process alone.
   */
  readonly target?: 'process' | GroupKind;
}

/** What a detector looks at. */
export interface DetectScan {
  readonly memory: MachineMemory;
  /** A copy of the detector's own. */
  readonly samples: ScanSamples;
  /** Processes that are being ended: their memory is still there, and on its way out. */
  readonly terminating: readonly ProcessIdentity[];
  /**
   * Processes about which nothing more is done (a signal was refused or outlived, or the terminator has frozen it, say): their memory
   * stays taken. A detection that names one goes to the next of its `processes`.
   */
  readonly beyondReach: readonly ProcessIdentity[];
}

/** What a plugin's detector found in one scan; undefined is nothing. */
export type DetectAnswer = readonly Detection[] | undefined;

/** Raises violations of its own from a scan. */
export interface PluginDetector {
  readonly plugin: string;
  readonly deadlineMs: number;
  /** The violations that it finds in this scan. */
  detect(scan: DetectScan): DetectAnswer | Promise<DetectAnswer>;
}

/** A finding, and whose it is. */
export interface Finding extends Detection {
  readonly plugin: string;
}

/** One process that a plugin would have ended; of those with the same finding, one is enough. */
export interface Raised {
  readonly finding: Finding;
  readonly sample: ProcessSample;
}

/** Of a list of processes to choose from, so many are looked at: each may take a slow read. */
const MOST_PROCESSES = 8;
/** So many violations of a plugin's own can a scan have: one for each user of a large machine. */
const MOST_DETECTIONS = 1000;

const TARGETS: ReadonlySet<unknown> = new Set<Detection['target']>(['process', 'group', 'session', 'cgroup']);

/** Asks all detectors side by side; what they raise comes in their order. */
export async function raise(
  detectors: readonly PluginDetector[],
  columns: ScanColumns,
  memory: MachineMemory,
  { terminating, beyondReach }: Pick<DetectScan, 'terminating' | 'beyondReach'>,
  clock: Clock,
  onFailure: HookFailure,
): Promise<Raised[]> {
  if (detectors.length === 0) {
    return [];
  }
  // What they share; the columns are their own.
  const shared = deepFreeze({
    memory: { ...memory },
    terminating: [...terminating],
    beyondReach: [...beyondReach],
  });
  const answers = await Promise.all(
    detectors.map(async (detector) => {
      try {
        const scan = { ...shared, samples: copySamples(columns) };
        const detections = await answerOf(detector, scan, clock);
        return detections.map((detection): Finding => ({ ...detection, plugin: detector.plugin }));
      } catch (error) {
        onFailure(detector.plugin, 'detect', error);
        return [];
      }
    }),
  );
  if (answers.every(({ length }) => length === 0)) {
    return [];
  }
  const samples = samplesByIdentity(columns, answers.flat());
  const hopeless = new Set(beyondReach.map(identityKey));
  return answers.flat().flatMap((finding) =>
    firstOf(finding.processes, hopeless).flatMap((identity) => {
      const sample = samples.get(identityKey(identity));
      return sample === undefined ? [] : [{ finding, sample }];
    }),
  );
}

/** Whoever can't be ended takes no place from one who can: else eight of them would protect all others. */
function firstOf(
  processes: readonly ProcessIdentity[],
  hopeless: ReadonlySet<string>,
): readonly ProcessIdentity[] {
  return [true, false].flatMap((isHopeless) =>
    processes
      .filter((identity) => hopeless.has(identityKey(identity)) === isHopeless)
      .slice(0, MOST_PROCESSES),
  );
}

async function answerOf(
  detector: PluginDetector,
  scan: DetectScan,
  clock: Clock,
): Promise<readonly Detection[]> {
  const { deadlineMs } = detector;
  const answer = await within((ms, abort) => clock.sleep(ms, abort), deadlineMs, detector.detect(scan));
  if (answer === LATE) {
    throw new Error(`no answer within ${deadlineMs} ms`);
  }
  return validated(answer);
}

/** Plugins are plain JavaScript in the end: types promise nothing about their answers. */
function validated(answer: unknown): Detection[] {
  if (answer === undefined) {
    return [];
  }
  if (!Array.isArray(answer) || !answer.every(isDetection)) {
    throw new Error(
      'the answer is neither undefined nor a list of { processes: [{ pid, startTime }], usedBytes, limitBytes, reason }',
    );
  }
  if (answer.length > MOST_DETECTIONS) {
    throw new Error(`the answer has ${answer.length} detections; accepted: at most ${MOST_DETECTIONS}`);
  }
  return answer.map(copyOf);
}

/** The plugin may go on writing in its own. */
function copyOf(detection: Detection): Detection {
  const { processes, usedBytes, limitBytes, reason } = detection;
  const { spareBelowBytes, spareAboveAvailableBytes, measure, isUrgent, graceSeconds, target } = detection;
  return {
    processes: processes.map(({ pid, startTime }) => ({ pid, startTime })),
    usedBytes,
    limitBytes,
    reason: shortened(reason),
    ...(spareBelowBytes === undefined ? {} : { spareBelowBytes }),
    ...(spareAboveAvailableBytes === undefined ? {} : { spareAboveAvailableBytes }),
    ...(measure === undefined ? {} : { measure }),
    ...(isUrgent === undefined ? {} : { isUrgent }),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    ...(target === undefined ? {} : { target }),
  };
}

function isDetection(value: unknown): value is Detection {
  const detection = (value ?? {}) as Record<keyof Detection, unknown>;
  const { processes, usedBytes, limitBytes, reason } = detection;
  const { spareBelowBytes, spareAboveAvailableBytes, measure, isUrgent, graceSeconds, target } = detection;
  return (
    Array.isArray(processes) &&
    processes.every(isIdentity) &&
    isAmount(usedBytes) &&
    isAmount(limitBytes) &&
    typeof reason === 'string' &&
    (spareBelowBytes === undefined || isAmount(spareBelowBytes)) &&
    (spareAboveAvailableBytes === undefined || isAmount(spareAboveAvailableBytes)) &&
    (measure === undefined || measure === 'anonymous') &&
    (isUrgent === undefined || typeof isUrgent === 'boolean') &&
    (graceSeconds === undefined || isAmount(graceSeconds)) &&
    (target === undefined || TARGETS.has(target))
  );
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Record<keyof ProcessIdentity, unknown>;
  return Number.isInteger(pid) && Number.isInteger(startTime);
}

/** Infinity would not do: what is infinitely over a limit that is infinite is no excess. */
function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** Only of those that are named: a machine has thousands. */
function samplesByIdentity(
  columns: ScanColumns,
  findings: readonly Finding[],
): ReadonlyMap<string, ProcessSample> {
  const named = new Set(findings.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  const samples = new Map<string, ProcessSample>();
  for (let index = 0; index < columns.count; index += 1) {
    if (named.has(columns.pid[index] ?? 0)) {
      const sample = SampleView.at(columns, index);
      samples.set(identityKey(sample), sample);
    }
  }
  return samples;
}
