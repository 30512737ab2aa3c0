import type { Violation } from '../detection/violation.js';
import type { KillEvent } from '../events.js';
import { maskSecrets } from './mask-secrets.js';

/** The flat fields of a violation; documented in docs/log.md, and kept stable. */
export function violationFields(violation: Violation, showsCommandLine: boolean): Record<string, unknown> {
  const { process, usedBytes, limitBytes, rule, measure, ramBytes, sinceMs } = violation;
  const { commandLine, ...details } = process;
  return {
    ...details,
    ...(showsCommandLine && commandLine !== undefined ? { commandLine: maskSecrets(commandLine) } : {}),
    measure,
    usedBytes,
    limitBytes: Math.floor(limitBytes),
    ramBytes,
    rule,
    sinceMs,
  };
}

/** The flat fields of a kill. */
export function killFields(event: KillEvent, showsCommandLine: boolean): Record<string, unknown> {
  const { violation, outcome, signal, reason, trail, dryRun, tookMs } = event;
  return {
    event: 'kill',
    ...violationFields(violation, showsCommandLine),
    action: 'kill',
    outcome,
    signal: signal ?? null,
    reason,
    trail: trail.map(({ source, action, reason: why }) => `${source}: ${action}: ${why}`),
    dryRun,
    tookMs: Math.round(tookMs),
  };
}
