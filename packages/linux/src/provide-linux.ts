import {
  CLOCK,
  INTENT_LOG,
  MONITOR_PROCESS,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  USER_DATABASE,
  type Clock,
  type Services,
} from '@memory-monitor/core';

import { IntentFiles } from './intent-files.js';
import { ThisProcess } from './monitor-process.js';
import { ProcReader } from './proc/proc-reader.js';
import { LinuxProcessGroups } from './process-groups.js';
import { PidHandles } from './process-handles.js';
import { LinuxProcessSource } from './process-source.js';
import { SystemClock } from './system-clock.js';
import { SystemUsers } from './users/system-users.js';

export interface LinuxOptions {
  /** Where intents are kept; empty for nowhere. */
  readonly stateDirectory: string;
}

/** Provides this machine to a monitor. */
export function provideLinux(services: Services, { stateDirectory }: LinuxOptions): void {
  const clock: Clock = new SystemClock();
  const source = new LinuxProcessSource();
  services
    .provide(CLOCK, () => clock)
    .provide(MONITOR_PROCESS, () => new ThisProcess(source.inspector))
    .provide(PROCESS_SOURCE, () => source)
    .provide(PROCESS_GROUPS, () => new LinuxProcessGroups(new ProcReader()))
    .provide(PROCESS_HANDLES, () => new PidHandles(source.inspector))
    .provide(USER_DATABASE, () => new SystemUsers(clock))
    .provide(INTENT_LOG, () => new IntentFiles(stateDirectory, source.inspector));
}
