import { fileURLToPath } from 'node:url';

import type { Background, Machine } from './machine.js';
import { waitFor } from './wait-for.js';

/** This repository, bundle and all, as the machine sees it. */
export const CLONE = '/clone';
export const WITH_CLONE = {
  binds: [{ from: fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, ''), to: CLONE }],
};
export const BUNDLE = `${CLONE}/packages/cli/bundle`;
export const LOG = '/var/log/memory_monitor.log';
const DROP_IN = '/etc/memory-monitor/conf.d/10-test.toml';

/** Limits that a hog of these tests exceeds and nothing else, in a hurry. */
const HASTE = '[thresholds]\nram_gb_threshold = 0.2\ncheck_interval = 1\n[settings]\ngrace_seconds = 2\n';

export async function install(machine: Machine): Promise<string> {
  return await machine.succeed(['bash', `${CLONE}/installer.sh`]);
}

/** Installs, armed and in a hurry. */
export async function installArmed(machine: Machine): Promise<void> {
  await machine.write(DROP_IN, HASTE);
  await machine.succeed(['bash', `${CLONE}/installer.sh`, '--armed']);
}

export async function hurry(machine: Machine): Promise<void> {
  await machine.write(DROP_IN, HASTE);
  await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
}

/** A property of the unit. */
export async function show(machine: Machine, property: string): Promise<string> {
  const shown = await machine.succeed([
    'systemctl',
    'show',
    '--value',
    `--property=${property}`,
    'memory-monitor',
  ]);
  return shown.trim();
}

/** The lines of the log file, rotated ones first, with this text in them. */
export async function logged(machine: Machine, text: string): Promise<string[]> {
  const lines = await machine.succeed(`cat $(ls -rt ${LOG}*)`);
  return lines.split('\n').filter((line) => line.includes(text));
}

export interface Hog {
  /** Alice, if nothing is said. */
  readonly user?: string;
  /** 300 if nothing is said. */
  readonly megabytes?: number;
  /** Whether it ignores SIGTERM. */
  readonly isStubborn?: boolean;
}

/** An ordinary user's process with so much memory; it has it, or was ended on the way there, when this resolves. */
export async function startHog(
  machine: Machine,
  { user = 'alice', megabytes = 300, isStubborn = false }: Hog = {},
): Promise<Background> {
  const program = `
import signal, time
${isStubborn ? 'signal.signal(signal.SIGTERM, signal.SIG_IGN)' : ''}
block = bytearray(${megabytes} << 20)
print('ready', flush=True)
time.sleep(600)`;
  const hog = await machine.start(['python3', '-c', program], { user });
  let isOver = false;
  void hog.ended.then(() => {
    isOver = true;
  });
  await waitFor(() => isOver || hog.stdout().includes('ready'), 'the hog to have its memory');
  return hog;
}

export async function isRunning(machine: Machine, { pid }: Background): Promise<boolean> {
  return (await machine.run(['kill', '-0', String(pid)])).exitCode === 0;
}

/** How exposed the service is, by systemd-analyze(1): from 0 to 10. */
export async function exposure(machine: Machine): Promise<number> {
  const text = await machine.succeed(['systemd-analyze', 'security', '--no-pager', 'memory-monitor']);
  return Number(/Overall exposure level for [^:]*: ([\d.]+)/.exec(text)?.[1]);
}

/** systemd itself sets the OOM score and the limit of locked memory, which takes a capability that not every container has. */
const OF_THE_MANAGER: ReadonlySet<string> = new Set(['oom-score-adj', 'program-lock']);

/** The means of the kernel that `status` tells of, and those that are not in use without being the manager's. */
export async function kernelMeans(
  machine: Machine,
): Promise<{ readonly names: readonly string[]; readonly missing: readonly unknown[] }> {
  const status = JSON.parse(await machine.succeed(['memory-monitor', 'status', '--json'])) as {
    monitor: { means: { name: string; isInUse: boolean }[] };
  };
  const { means } = status.monitor;
  return {
    names: means.map(({ name }) => name),
    missing: means.filter(({ name, isInUse }) => !isInUse && !OF_THE_MANAGER.has(name)),
  };
}
