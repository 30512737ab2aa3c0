import { messageOf, MonitorError } from '@memory-monitor/core';

/** One step of an installation. */
export interface Step {
  readonly title: string;
  /** Returns what there was to say, if anything. */
  readonly act: () => string | undefined;
  /** Takes the step back; undefined where leaving it does no harm. */
  readonly undo?: () => void;
}

/**
 * Carries steps out in order and prints each. When one fails, it and those before it are taken back in reverse, and the error
 * says what was done and what became of it.
 */
export function runSteps(steps: readonly Step[], print: (line: string) => void): void {
  const done: Step[] = [];
  for (const step of steps) {
    const place = `[${done.length + 1}/${steps.length}]`;
    try {
      const note = step.act();
      done.push(step);
      print(`${place} ${step.title}${note === undefined ? '' : `: ${note}`}`);
    } catch (error) {
      print(`${place} ${step.title}: FAILED`);
      throw new MonitorError('MM_ERR_INSTALL', failureReport(step, error, done), { cause: error });
    }
  }
}

function failureReport(failed: Step, error: unknown, done: readonly Step[]): string {
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
  const next =
    'Mend the cause and run it again; what is left of a first installation goes with "uninstall --purge".';
  return `"${failed.title}" failed: ${messageOf(error)}${summary}\n${next}`;
}
