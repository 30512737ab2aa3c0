import { SCENARIOS } from './scenarios.js';
import type { Outcome } from './trial.js';

const KIB_PER_MIB = 1024;
const MS_PER_S = 1000;

/** The outcomes as a table in Markdown: a row for each scenario and guard. */
export function summarize(outcomes: readonly Outcome[]): string {
  const header = [
    'scenario',
    'guard',
    'runs',
    'runs with kernel OOM kills (kills)',
    'first signal by the guard / the kernel / nobody',
    'available at the first signal, MiB',
    'lowest available, MiB',
    'hog gone after, s',
    'not gone',
    'longest wait for a shell, s',
    'bystanders lost',
  ];
  const rows = SCENARIOS.flatMap(({ name }) =>
    (['memory-monitor', 'earlyoom'] as const).flatMap((guard) => {
      const these = outcomes.filter((outcome) => outcome.scenario === name && outcome.guard === guard);
      return these.length === 0 ? [] : [[name, guard, ...figures(these)]];
    }),
  );
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** One line about one run, for a person who watches. */
export function describeOutcome(outcome: Outcome): string {
  const { scenario, guard, run, kernelOomKills, firstSignalBy, firstSignal, guardsSignals } = outcome;
  const gone =
    outcome.hogGoneAfterMs === null
      ? 'had to be let go'
      : `gone after ${inSeconds(outcome.hogGoneAfterMs)} s`;
  const signal = firstSignal === null ? 'no signal' : `first signal ${firstSignal} by the ${firstSignalBy}`;
  return [
    `${scenario}, ${guard}, run ${run}: ${gone}, ${signal}, ${guardsSignals} by the guard`,
    `available then ${inMib(outcome.availableKibAtSignal)} MiB, at the lowest ${inMib(outcome.lowestAvailableKib)} MiB`,
    `kernel OOM kills ${kernelOomKills}`,
    `longest wait for a shell ${inSeconds(outcome.longestGapMs)} s (calm: ${inSeconds(outcome.calmGapMs)} s)`,
    ...(outcome.missingBystanders.length > 0 ? [`LOST: ${outcome.missingBystanders.join(', ')}`] : []),
    ...(outcome.wasGuardRestarted ? ['THE GUARD WAS RESTARTED'] : []),
  ].join('; ');
}

function figures(outcomes: readonly Outcome[]): string[] {
  const by = (who: Outcome['firstSignalBy']) =>
    outcomes.filter(({ firstSignalBy }) => firstSignalBy === who).length;
  const kills = outcomes.map(({ kernelOomKills }) => kernelOomKills);
  const total = kills.reduce((sum, number) => sum + number, 0);
  return [
    String(outcomes.length),
    `${kills.filter((number) => number > 0).length} (${total})`,
    `${by('guard')} / ${by('kernel')} / ${by('nobody')}`,
    medianAndWorst(
      outcomes.map(({ availableKibAtSignal }) => availableKibAtSignal),
      Math.min,
      inMib,
    ),
    medianAndWorst(
      outcomes.map(({ lowestAvailableKib }) => lowestAvailableKib),
      Math.min,
      inMib,
    ),
    medianAndWorst(
      outcomes.map(({ hogGoneAfterMs }) => hogGoneAfterMs),
      Math.max,
      inSeconds,
    ),
    String(outcomes.filter(({ hogGoneAfterMs }) => hogGoneAfterMs === null).length),
    medianAndWorst(
      outcomes.map(({ longestGapMs }) => longestGapMs),
      Math.max,
      inSeconds,
    ),
    String(outcomes.filter(({ missingBystanders }) => missingBystanders.length > 0).length),
  ];
}

/** `median, worst` of those that there are. */
function medianAndWorst(
  values: readonly (number | null)[],
  worst: (...values: number[]) => number,
  show: (value: number) => string,
): string {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)];
  const low = sorted[Math.ceil(middle) - 1];
  return high === undefined || low === undefined
    ? '–'
    : `${show((low + high) / 2)}, ${show(worst(...sorted))}`;
}

function inMib(kib: number | null): string {
  return kib === null ? '–' : (kib / KIB_PER_MIB).toFixed(0);
}

function inSeconds(ms: number): string {
  return (ms / MS_PER_S).toFixed(1);
}
