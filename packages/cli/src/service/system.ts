import { execFileSync } from 'node:child_process';

import { messageOf, MonitorError } from '@memory-monitor/core';

import { SERVICE } from './layout.js';

/** Runs a program of the system; its standard output. Throws MM_ERR_INSTALL with what it said on failure. */
export function runProgram(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string | null };
    const said = stderr?.trim() === '' ? messageOf(error) : (stderr?.trim() ?? messageOf(error));
    throw new MonitorError('MM_ERR_INSTALL', `"${[command, ...args].join(' ')}" failed: ${said}.`, {
      cause: error,
    });
  }
}

/** The same, where failure is an answer too. */
export function succeeds(command: string, ...args: readonly string[]): boolean {
  try {
    runProgram(command, ...args);
    return true;
  } catch {
    return false;
  }
}

/** Whether a user who is in no group but its own can read or write a file; undefined where that can't be tried. */
export function mayAccess(user: string, how: 'read' | 'write', path: string): boolean | undefined {
  const asUser = ['--reuid', user, '--regid', user, '--clear-groups'];
  return succeeds('setpriv', ...asUser, 'true')
    ? succeeds('setpriv', ...asUser, 'test', how === 'read' ? '-r' : '-w', path)
    : undefined;
}

export function systemctl(...args: readonly string[]): string {
  return runProgram('systemctl', ...args);
}

export function isServiceActive(): boolean {
  return succeeds('systemctl', 'is-active', '--quiet', SERVICE);
}

/** Whether nobody wants it to run: one that crashes and is started again is not stopped. */
export function isServiceStopped(): boolean {
  try {
    return ['inactive', 'failed'].includes(systemctl('show', '--property=ActiveState', '--value', SERVICE));
  } catch {
    return true;
  }
}

/** What the service says of itself. */
export function serviceStatusText(): string {
  return systemctl('show', '--property=StatusText', '--value', SERVICE);
}

/** Throws MM_ERR_PERMISSION unless this is root. */
export function requireRoot(command: string): void {
  if (process.getuid?.() !== 0) {
    throw new MonitorError(
      'MM_ERR_PERMISSION',
      `Only root can do this; run: sudo memory-monitor ${command}.`,
    );
  }
}

/** Throws MM_ERR_NO_SYSTEMD where systemd does not run the machine, sd_booted(3). */
export function requireSystemd(isBooted: boolean): void {
  if (!isBooted) {
    throw new MonitorError(
      'MM_ERR_NO_SYSTEMD',
      'systemd does not run this machine; use "memory-monitor run" under the service manager that does.',
    );
  }
}
