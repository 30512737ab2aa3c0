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
  const state = { isDryRun: true, isReady: false, trouble: '', figures: '', ended: 0 };
  const status = (): string => {
    const mode = state.isDryRun ? 'Dry run, nothing is ended' : `Armed, ${state.ended} ended so far`;
    return `${state.trouble}${mode}. ${state.figures}`;
  };
  events.on('started', ({ dryRun }) => {
    state.isDryRun = dryRun;
  });
  events.on('reloaded', ({ dryRun, accepted }) => {
    state.isDryRun = dryRun;
    state.trouble = accepted ? '' : 'The configuration on disk has mistakes, the old one is in force. ';
    supervisor.ready(status());
  });
  events.on('kill', ({ outcome }) => {
    state.ended += outcome === 'terminated' || outcome === 'killed' ? 1 : 0;
  });
  events.on('scan', ({ memory, scanned, violations }) => {
    const percent = ((100 * memory.usedBytes) / memory.totalBytes).toFixed(1);
    state.figures = `${percent}% of memory used, ${scanned} processes, ${violations} over the limit.`;
    if (state.isReady) {
      supervisor.status(status());
    } else {
      state.isReady = true;
      supervisor.ready(status());
    }
  });
  events.on('stopping', () => {
    supervisor.stopping();
  });
}
