import {
  inGb,
  printable,
  type KernelMeans,
  type MonitorStatus,
  type PluginDescription,
} from '@memory-monitor/core';

import { inColumns } from './columns.js';
import { duration } from './duration.js';

/** What `GET /status` answers. */
export interface StatusAnswer {
  readonly pid: number;
  readonly monitor: MonitorStatus;
  readonly plugins: readonly PluginDescription[];
}

/** The status for a person, as lines. */
export function renderStatus({ pid, monitor, plugins }: StatusAnswer, nowMs: number): string[] {
  const mode = monitor.dryRun ? 'a dry run, nothing is ended' : 'armed';
  const limits = `${monitor.ramPercentThreshold}% of RAM or ${monitor.ramGbThreshold}GB by ${monitor.measure}`;
  const files = monitor.configFiles.map(printable).join(', ') || 'none, the defaults are in force';
  return [
    `Memory Monitor ${monitor.version}, PID ${pid}, ${mode}, for ${duration(nowMs - monitor.startedAtMs)}`,
    `Limits: ${limits}, every ${monitor.checkIntervalSeconds} s`,
    `Configuration: ${files}`,
    ...monitor.configErrors.map((error) => `NOT in force, since it has a mistake: ${printable(error)}`),
    ...scanLines(monitor, nowMs),
    `${monitor.dryRun ? 'Would have ended' : 'Ended'} since the start: ${endings(monitor)}`,
    `Plugins: ${pluginsLine(plugins)}`,
    ...meansLines(monitor.means),
    ...violationLines(monitor, nowMs),
  ];
}

function scanLines({ lastScan, scans }: MonitorStatus, nowMs: number): string[] {
  if (lastScan === undefined) {
    return ['No scan yet'];
  }
  const { memory, scanned, tookMs, unreadable, atMs } = lastScan;
  const percent = ((100 * memory.usedBytes) / memory.totalBytes).toFixed(1);
  const unread = unreadable === 0 ? '' : `, ${unreadable} can not be read`;
  return [
    `Memory: ${percent}% used (${inGb(memory.usedBytes)} / ${inGb(memory.totalBytes)})`,
    `Last scan: ${duration(nowMs - atMs)} ago, ${scanned} processes${unread}, took ${tookMs.toFixed(1)} ms; ${scans} so far`,
  ];
}

function endings({ outcomes }: MonitorStatus): string {
  const told = Object.entries(outcomes).map(([outcome, count]) =>
    outcome === 'dry-run' ? String(count) : `${count} ${outcome}`,
  );
  return told.length === 0 ? 'nothing' : told.join(', ');
}

function meansLines(means: readonly KernelMeans[]): string[] {
  const inUse = means.filter(({ isInUse }) => isInUse).map(({ name }) => name);
  return [
    `Means of the kernel: ${inUse.join(', ') || 'none'}`,
    ...means
      .filter(({ isInUse }) => !isInUse)
      .map(({ name, reason = '', without = '' }) => `  without ${name} (${printable(reason)}): ${without}`),
  ];
}

function pluginsLine(plugins: readonly PluginDescription[]): string {
  if (plugins.length === 0) {
    return 'none';
  }
  return plugins
    .map(({ name, hooks }) => {
      const failures = hooks.reduce((sum, hook) => sum + hook.failures, 0);
      return failures === 0 ? name : `${name} (${failures} failures)`;
    })
    .join(', ');
}

function violationLines({ violations }: MonitorStatus, nowMs: number): string[] {
  if (violations.length === 0) {
    return ['Over the limit: nobody'];
  }
  const rows = violations.map((violation) => {
    const { pid, user, name, usedBytes, limitBytes, rule, sinceMs, action, isBeingTerminated } = violation;
    const what = isBeingTerminated ? 'being ended' : (action ?? 'not decided yet');
    const amounts = `${inGb(usedBytes)} of ${inGb(limitBytes)}`;
    return [
      String(pid),
      printable(user),
      printable(name),
      amounts,
      rule,
      `for ${duration(nowMs - sinceMs)}`,
      what,
    ];
  });
  return ['Over the limit:', ...inColumns(rows)];
}
