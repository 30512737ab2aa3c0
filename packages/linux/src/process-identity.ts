import type { ProcessIdentity } from '@memory-monitor/core';

import { ProcessInspector } from './proc/inspect.js';
import { ProcReader } from './proc/proc-reader.js';

/** Who has a PID now; undefined if nobody has. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startTime = new ProcessInspector(new ProcReader(), '/proc').startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}
