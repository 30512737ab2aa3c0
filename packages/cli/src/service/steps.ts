import { messageOf, MonitorError } from '@memory-monitor/core';

/** One step of an installation. */
export interface Step {
  readonly title: string;
  /** Returns what there was to say, if anything. */
  readonly act: () => string | undefined;
  /** Takes the step back; undefined where leaving it does no harm. */
  readonly undo?: () => void;
}

const ADVICE =
  'Mend the cause and run it again; what is left of a first installation goes with "uninstall --purge".';

/** Says of each step what it would change; `changes` hands out and forgets what the site has told. */
export function tellSteps(
  steps: readonly Step[],
  changes: () => readonly string[],
  print: (line: string) => void,
): void {
  for (const { title, act } of steps) {
    const note = act();
    print(`${title}${note === undefined ? '' : `: ${note}`}`);
    for (const change of changes()) {
      print(`  ${change}`);
    }
  }
}

/**
 * Carries steps out in order and prints each. When one fails, it and those before it are taken back in reverse, and the error
 * says what was done and what became of it.
 */
export function runSteps(steps: readonly Step[], print: (line: string) => void, advice = ADVICE): void {
  const done: Step[] = [];
  for (const step of steps) {
    const place = `[${done.length + 1}/${steps.length}]`;
    try {
      const note = step.act();
      done.push(step);
      print(`${place} ${step.title}${note === undefined ? '' : `: ${note}`}`);
    } catch (error) {
      print(`${place} ${step.title}: FAILED`);
      throw new MonitorError('MM_ERR_INSTALL', failureReport(step, error, done, advice), { cause: error });
    }
  }
}

function failureReport(failed: Step, error: unknown, done: readonly Step[], advice: string): string {
  // The one that failed too: it may have come half way.
  const reports = [failed, ...[...done].reverse()].flatMap(({ title, undo }) => {
    if (undo === undefined) {
      return [];
    }
    try {
      undo();
      return [`taken back: ${title}`];
    } catch (undoError) {
      return [`NOT taken back: ${title} (${messageOf(undoError)})`];
    }
  });
  const kept = done.filter(({ undo }) => undo === undefined).map(({ title }) => `left as done: ${title}`);
  const summary = [...reports, ...kept].map((line) => `\n  ${line}`).join('');
  return `"${failed.title}" failed: ${messageOf(error)}${summary}\n${advice}`;
}
