import { writeSync } from 'node:fs';

import { ConfigurationError, messageOf, MonitorError, type ErrorCode } from '@memory-monitor/core';

import { exitCodeOf } from './exit-codes.js';

const STANDARD_ERROR = 2;

/** Tells a person what went wrong: a sentence and a code, and the stack trace only if asked for. Returns the exit status. */
export function printError(error: unknown, isVerbose: boolean): number {
  const code: ErrorCode = error instanceof MonitorError ? error.code : 'MM_ERR_INTERNAL';
  const lines =
    error instanceof ConfigurationError
      ? [error.message, `memory-monitor: ${countOfMistakes(error.mistakes)}, nothing was started (${code})`]
      : [`memory-monitor: ${sentence(error)} (${code})`];
  if (isVerbose && error instanceof Error && error.stack !== undefined) {
    lines.push(error.stack);
  }
  try {
    writeSync(STANDARD_ERROR, `${lines.join('\n')}\n`);
  } catch {
    // Nobody listens; the exit status says it too.
  }
  return exitCodeOf(code);
}

export function countOfMistakes(mistakes: ConfigurationError['mistakes']): string {
  return mistakes.length === 1
    ? 'the configuration has 1 mistake'
    : `the configuration has ${mistakes.length} mistakes`;
}

function sentence(error: unknown): string {
  return error instanceof MonitorError
    ? error.message
    : `unexpected fault: ${messageOf(error)}; please report it, with what --verbose adds.`;
}
