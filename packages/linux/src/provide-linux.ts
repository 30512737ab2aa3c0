import {
  CLOCK,
  CONFIGURATION,
  INTENT_LOG,
  KERNEL_MEANS,
  MONITOR_PROCESS,
  PRESSURE_ALARM,
  PROCESS_GROUPS,
  PROCESS_HANDLES,
  PROCESS_SOURCE,
  USER_DATABASE,
  type Clock,
  type ProcessIdentity,
  type Services,
} from '@memory-monitor/core';

import { IntentFiles } from './intent-files.js';
import type { LinuxKernel } from './kernel/linux-kernel.js';
import { ThisProcess } from './monitor-process.js';
import { ProcReader } from './proc/proc-reader.js';
import { LinuxProcessGroups } from './process-groups.js';
import { LinuxProcessSource } from './process-source.js';
import { PidHandles } from './signals/pid-handles.js';
import { SystemClock } from './system-clock.js';
import { SystemUsers } from './users/system-users.js';

export interface LinuxOptions {
  /** Where intents are kept; empty for nowhere. */
  readonly stateDirectory: string;
  /** Handles and alarms; without it, processes are signalled by their PIDs. */
  readonly kernel?: LinuxKernel;
}

/** Provides this machine to a monitor. */
export function provideLinux(services: Services, { stateDirectory, kernel }: LinuxOptions): void {
  const clock: Clock = new SystemClock();
  const source = new LinuxProcessSource('/proc', () => services.get(CONFIGURATION).settings.heldDescriptors);
  const hasGone = (identity: ProcessIdentity): boolean => source.hasGone(identity);
  const handles = kernel?.handles(source.inspector, hasGone) ?? new PidHandles(source.inspector, hasGone);
  services
    .provide(CLOCK, () => clock)
    .provide(MONITOR_PROCESS, () => new ThisProcess(source.inspector))
    .provide(PROCESS_SOURCE, () => source)
    .provide(PROCESS_HANDLES, () => handles)
    .provide(PROCESS_GROUPS, () => new LinuxProcessGroups(new ProcReader()))
    .provide(USER_DATABASE, () => new SystemUsers(clock))
    .provide(INTENT_LOG, () => new IntentFiles(stateDirectory, source.inspector));
  if (kernel !== undefined) {
    services.provide(PRESSURE_ALARM, () => kernel).provide(KERNEL_MEANS, () => kernel.means);
  }
}
