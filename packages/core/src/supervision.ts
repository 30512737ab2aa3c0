import type { MonitorEmitter } from './events.js';
import type { Supervisor } from './ports.js';

const silent = (): void => undefined;

/** No supervisor: the monitor was started by hand. */
export const NOBODY: Supervisor = {
  beatIntervalMs: Number.POSITIVE_INFINITY,
  beat: silent,
  ready: silent,
  status: silent,
  reloading: silent,
  stopping: silent,
};

/** Tells the supervisor how it goes: ready after the first scan and after each reload, a status after each scan. */
export function superviseBy(supervisor: Supervisor, events: MonitorEmitter): void {
  let isDryRun = true;
  let isReady = false;
  let status = '';
  let trouble = '';
  let ended = 0;
  events.on('started', ({ dryRun }) => {
    isDryRun = dryRun;
  });
  events.on('reloaded', ({ dryRun, accepted }) => {
    isDryRun = dryRun;
    trouble = accepted ? '' : 'The configuration on disk has mistakes, the old one is in force. ';
    supervisor.ready(`${trouble}${status}`);
  });
  events.on('kill', ({ outcome }) => {
    ended += outcome === 'terminated' || outcome === 'killed' ? 1 : 0;
  });
  events.on('scan', ({ memory, scanned, violations }) => {
    const percent = ((100 * memory.usedBytes) / memory.totalBytes).toFixed(1);
    const mode = isDryRun ? 'Dry run, nothing is ended' : `Armed, ${ended} ended so far`;
    status = `${mode}. ${percent}% of memory used, ${scanned} processes, ${violations} over the limit.`;
    if (isReady) {
      supervisor.status(`${trouble}${status}`);
    } else {
      isReady = true;
      supervisor.ready(status);
    }
  });
  events.on('stopping', () => {
    supervisor.stopping();
  });
}
