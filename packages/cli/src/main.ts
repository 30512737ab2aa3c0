import { CommanderError } from 'commander';

import { takeEarlySignals } from './early-signals.js';
import { endProcess } from './ending.js';
import { EX_OK, EX_USAGE } from './exit-codes.js';
import { isHandled } from './faults.js';
import { printError } from './print-error.js';
import { createProgram } from './program.js';

if (process.argv[2] === 'run') {
  takeEarlySignals();
} else {
  process.stdout.on('error', endWithReader);
}

const isVerbose = process.argv.includes('--verbose');

// Node hands rejections that nobody catches over here too.
process.on('uncaughtException', (error) => {
  if (!isHandled(error)) {
    endProcess(printError(error, isVerbose));
  }
});

// Whatever the command, the end is explicit: a timer or a read that hangs must not keep the process alive.
void main().then((exitCode) => {
  endProcess(exitCode);
});

/** Whoever reads has seen enough: `memory-monitor status | head -1`. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit(EX_OK);
}

async function main(): Promise<number> {
  let exitCode = EX_OK;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EX_OK : EX_USAGE;
    }
    return printError(error, isVerbose);
  }
}
