import type { Violation } from '../detection/violation.js';
import type { TrailEntry } from '../decision/verdict.js';
import type { DecisionEvent, KillEvent } from '../events.js';
import { maskSecrets } from './mask-secrets.js';

/** The flat fields of a violation; documented in docs/log.md, and kept stable. */
export function violationFields(violation: Violation, showsCommandLine: boolean): Record<string, unknown> {
  const { process, usedBytes, ownBytes, limitBytes, rule, ruleReason, measure, ramBytes, sinceMs } =
    violation;
  const { target, isUrgent } = violation;
  const { commandLine, ...details } = process;
  return {
    ...details,
    ...(showsCommandLine && commandLine !== undefined ? { commandLine: maskSecrets(commandLine) } : {}),
    measure,
    usedBytes,
    ownBytes,
    limitBytes: Math.floor(limitBytes),
    ramBytes,
    rule,
    ruleReason,
    ...(target === undefined ? {} : { target }),
    ...(isUrgent === undefined ? {} : { isUrgent }),
    sinceMs,
  };
}

/** The flat fields of a kill. */
export function killFields(event: KillEvent, showsCommandLine: boolean): Record<string, unknown> {
  const { violation, outcome, signal, reason, signalled, trail, dryRun, tookMs } = event;
  return {
    event: 'kill',
    ...violationFields(violation, showsCommandLine),
    action: 'kill',
    outcome,
    signal: signal ?? null,
    reason,
    ...(signalled === undefined ? {} : { signalled }),
    trail: trailLines(trail),
    dryRun,
    tookMs: Math.round(tookMs),
  };
}

/** The flat fields of a decision. */
export function decisionFields(event: DecisionEvent, showsCommandLine: boolean): Record<string, unknown> {
  const { violation, action, reason, trail, dryRun } = event;
  return {
    event: 'decision',
    ...violationFields(violation, showsCommandLine),
    action,
    reason,
    trail: trailLines(trail),
    dryRun,
  };
}

function trailLines(trail: readonly TrailEntry[]): string[] {
  return trail.map(({ source, action, reason }) => `${source}: ${action}: ${reason}`);
}
