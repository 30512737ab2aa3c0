import { maskSecrets, type DecisionEvent, type KillEvent } from '@memory-monitor/core';

import type { MachineView } from '../observation/machine-view.js';
import { LONGEST_HISTORY_MS } from '../observation/memory-history.js';
import type { History, ProcessFacts } from './notice.js';

export interface FactsOptions {
  readonly view: MachineView;
  readonly showsCommandLines: boolean;
  readonly nowMs: number;
}

/** What a mail about a process says, as it was when the decision was made. */
export function processFacts(
  kind: ProcessFacts['kind'],
  event: DecisionEvent | KillEvent,
  { view, showsCommandLines, nowMs }: FactsOptions,
): ProcessFacts {
  const { violation, trail, reason } = event;
  const { process, measure, ownBytes, usedBytes, limitBytes, rule, ruleReason, raisedBy, lastedMs } =
    violation;
  const { pid, name, user, uid, startedAtMs, unit, commandLine } = process;
  const isKill = 'outcome' in event;
  return {
    kind,
    process: {
      pid,
      name,
      user,
      uid,
      startedAtMs,
      unit,
      commandLine: showsCommandLines && commandLine !== undefined ? maskSecrets(commandLine) : undefined,
    },
    measure,
    ownBytes,
    usedBytes,
    limitBytes,
    rule,
    ruleReason,
    raisedBy,
    outcome: isKill ? event.outcome : undefined,
    signal: isKill ? event.signal : undefined,
    tookMs: isKill ? event.tookMs : undefined,
    lastedMs,
    reason,
    trail: trail.map(({ source, action, reason: why }) => ({ source, action, reason: why })),
    memory: view.memory,
    history: completed(view.historyOf(process), startedAtMs, nowMs, process.rssBytes),
    others: view.othersThan(process),
  };
}

/**
 * The history with what the decision was made on at its end: a process may grow a lot after its last scan. And with its start, if that
 * is not long ago: one that was ended when it was first seen has a line too.
 */
function completed({ atMs, bytes }: History, startedAtMs: number, nowMs: number, rssBytes: number): History {
  const isYoung = nowMs - startedAtMs <= LONGEST_HISTORY_MS && startedAtMs < (atMs[0] ?? nowMs);
  const isComplete = bytes.at(-1) === rssBytes;
  return {
    atMs: [...(isYoung ? [startedAtMs] : []), ...atMs, ...(isComplete ? [] : [nowMs])],
    bytes: [...(isYoung ? [0] : []), ...bytes, ...(isComplete ? [] : [rssBytes])],
  };
}
