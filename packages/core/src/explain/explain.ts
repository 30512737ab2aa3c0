import type { LiveConfiguration } from '../config/live-configuration.js';
import type { Guards } from '../decision/guards.js';
import { limitsOfOne, type LimitsOfOne } from '../decision/limits.js';
import { wholeNameOf } from '../decision/whole-name.js';
import { describeProcess } from '../detection/describe.js';
import { quickMeasure } from '../detection/measure.js';
import { SampleView } from '../detection/sample-view.js';
import type { HookFailure } from '../hook-failure.js';
import type { ProcessInspection, ScanColumns, SlowFacts, UserDatabase } from '../ports.js';
import type { MachineMemory } from '../process.js';
import type { Stages } from '../stages.js';
import { conclude, type Previewed } from './conclude.js';
import type { ExplainedLimits, Explanation } from './explanation.js';

/** How long each slow read may take; somebody waits for the answer. */
const DEADLINE_MS = 1000;

export interface ExplainParts {
  readonly stages: Stages;
  readonly configuration: LiveConfiguration;
  readonly guards: Guards;
  readonly users: UserDatabase;
  readonly onFailure: HookFailure;
}

/**
 * Goes through a tick as it would be now, on copies of what the monitor keeps, and tells what that says of one process: every
 * plugin is asked what a tick would ask it. Undefined if there is no such process.
 */
export async function explain(pid: number, parts: ExplainParts): Promise<Explanation | undefined> {
  const { configuration, stages } = parts;
  const memory = stages.source.readMemory();
  const columns = stages.source.scan();
  const index = columns.pid.subarray(0, columns.count).indexOf(pid);
  const sample = index === -1 ? undefined : SampleView.at(columns, index);
  const inspection = sample === undefined ? undefined : stages.source.inspect(sample);
  if (sample === undefined || inspection === undefined) {
    return undefined;
  }
  const ofOne = limitsOfOne(configuration.limits, stages.limits, sample, memory.totalBytes, parts.onFailure);
  const slow = await readSlowly(inspection, parts);
  const wholeName = wholeNameOf(inspection, slow.commandLine);
  const judged = await preview(columns, memory, pid, stages);
  const { measure, dryRun, graceSeconds } = configuration.settings;
  const quickBytes = quickMeasure(measure, inspection.rssBytes, inspection.sharedBytes);
  const facts = {
    process: describeProcess(inspection, wholeName, slow, parts.users),
    memory,
    measure,
    ownBytes: measure === 'pss' ? slow.pssBytes : quickBytes,
    limits: [...explainedLimits(configuration, ofOne)],
    limit: ofOne.limit,
    protection: parts.guards.check({ inspection, wholeName }),
    isViolator: judged !== undefined,
    sinceMs: judged?.episode.violation.sinceMs,
    action: judged?.decision?.verdict.action,
    trail: judged?.decision?.trail ?? [],
    dryRun,
  };
  return { ...facts, conclusion: conclude(facts, judged, graceSeconds) };
}

async function preview(
  columns: ScanColumns,
  memory: MachineMemory,
  pid: number,
  stages: Stages,
): Promise<Previewed | undefined> {
  const { detector, judge } = stages.preview();
  const violators = await detector.detect(columns, memory);
  const judged = await judge.judge(violators);
  const episode = violators.find(({ violation }) => violation.process.pid === pid);
  return (
    judged.find((other) => other.episode === episode) ?? (episode === undefined ? undefined : { episode })
  );
}

async function readSlowly(
  inspection: ProcessInspection,
  { configuration, stages, users }: ExplainParts,
): Promise<SlowFacts> {
  const wanted = { commandLine: true, pss: configuration.settings.measure === 'pss' };
  const { uid, gid } = inspection;
  const [slow] = await Promise.all([
    stages.source.inspectSlowly(inspection, wanted, DEADLINE_MS),
    users.resolve({ uids: [uid], gids: [gid], names: configuration.whitelist.userNames }, DEADLINE_MS),
  ]);
  return slow;
}

function* explainedLimits(
  { limits }: LiveConfiguration,
  { opinions, doubts }: LimitsOfOne,
): Generator<ExplainedLimits> {
  yield { source: 'configuration', ...limits, reason: undefined };
  for (const { plugin, change } of opinions) {
    const { reason, percentOfRam, bytes } = change;
    yield {
      source: `plugin:${plugin}`,
      ...(percentOfRam === undefined ? {} : { percentOfRam }),
      ...(bytes === undefined ? {} : { bytes }),
      reason,
    };
  }
  for (const { plugin, message } of doubts) {
    yield { source: `plugin:${plugin}`, reason: `failed: ${message}` };
  }
}
