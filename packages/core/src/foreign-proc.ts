import { MonitorError } from './errors.js';
import type { MonitorProcess } from './ports.js';

/** Where `/proc` shows another PID namespace, its PIDs name other processes to us: nothing may be signalled. */
export function foreignProcError(self: MonitorProcess): MonitorError | undefined {
  return self.ownsProcTree()
    ? undefined
    : new MonitorError(
        'MM_ERR_PROC_FOREIGN',
        '/proc shows the processes of another PID namespace, so a signal could hit the wrong one; ' +
          'mount a /proc of this namespace (unshare --mount-proc does), or run with --dry-run.',
      );
}
