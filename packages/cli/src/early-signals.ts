import { endProcess } from './ending.js';
import { EX_OK } from './exit-codes.js';

const ignore = (): void => undefined;
const exit = (): void => {
  endProcess(EX_OK);
};

/**
 * What signals mean before there is a monitor to take them: a reload finds nothing to reload, and a stop nothing to
 * finish. Without this they would end the process by themselves, SIGHUP too.
 */
export function takeEarlySignals(): void {
  process.on('SIGHUP', ignore);
  process.on('SIGTERM', exit);
  process.on('SIGINT', exit);
}

/** The monitor takes them from here on. */
export function leaveSignals(): void {
  process.off('SIGHUP', ignore);
  process.off('SIGTERM', exit);
  process.off('SIGINT', exit);
}
