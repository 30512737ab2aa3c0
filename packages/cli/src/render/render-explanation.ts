import { inGb, printable, type ExplainedLimits, type Explanation } from '@memory-monitor/core';

import { inColumns } from './columns.js';
import { duration } from './duration.js';

/** An explanation, and where in the configuration its limits stand. */
export interface PlacedExplanation {
  readonly explanation: Explanation;
  /** `file:line` by source: `ram_percent_threshold`, `ram_gb_threshold`, `plugin:NAME`. */
  readonly places: Readonly<Record<string, string>>;
}

/** An explanation for a person, as lines. */
export function renderExplanation({ explanation, places }: PlacedExplanation, nowMs: number): string[] {
  const { process, measure, ownBytes, memory, protection, sinceMs, trail, conclusion } = explanation;
  const amount =
    ownBytes === undefined
      ? 'can not be read'
      : `${inGb(ownBytes)} (${percentOf(ownBytes, memory.totalBytes)})`;
  const since = sinceMs === undefined ? '' : `, over the limit for ${duration(nowMs - sinceMs)}`;
  return [
    `PID ${process.pid}, ${printable(process.name)} of ${printable(process.user)} (uid ${process.uid})`,
    `Memory: ${amount} by ${measure}${since}`,
    'Limits:',
    ...inColumns(explanation.limits.flatMap((limits) => limitRows(limits, explanation, places))),
    `Guards: ${protection === undefined ? 'none protects it' : printable(protection.reason)}`,
    ...(trail.length === 0 ? [] : ['Who says what:']),
    ...inColumns(
      trail.map(({ source, action, reason, tookMs }) => [
        source,
        action,
        `${printable(reason)}${source.startsWith('plugin:') ? ` (${tookMs.toFixed(1)} ms)` : ''}`,
      ]),
    ),
    printable(conclusion),
  ];
}

function limitRows(
  { source, percentOfRam, bytes, reason }: ExplainedLimits,
  { limit, memory }: Explanation,
  places: PlacedExplanation['places'],
): string[][] {
  const isPlugin = source !== 'configuration';
  const row = (rule: string, text: string): string[] => {
    const name = isPlugin ? source : rule;
    const place = places[name] ?? 'the default';
    const counts = limit.rule === name ? 'counts' : '';
    return [text, name, place, counts, printable(reason ?? '')];
  };
  return [
    ...(percentOfRam === undefined
      ? []
      : [row('ram_percent_threshold', percentText(percentOfRam, memory.totalBytes))]),
    ...(bytes === undefined ? [] : [row('ram_gb_threshold', bytesText(bytes))]),
    ...(percentOfRam === undefined && bytes === undefined ? [row('', 'no opinion')] : []),
  ];
}

/** JSON knows no Infinity: it comes over as null. */
function isUnlimited(value: number | null): boolean {
  return value === null || value === Number.POSITIVE_INFINITY;
}

function percentText(percent: number, ramBytes: number): string {
  return isUnlimited(percent) ? 'no limit' : `${percent}% of RAM (${inGb((percent * ramBytes) / 100)})`;
}

function bytesText(bytes: number): string {
  return isUnlimited(bytes) ? 'no limit' : inGb(bytes);
}

function percentOf(bytes: number, ramBytes: number): string {
  return `${((100 * bytes) / ramBytes).toFixed(2)}%`;
}
