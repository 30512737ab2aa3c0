import type { SmallMachine } from './small-machine.js';

/** Who is to keep the machine alive. */
export interface Guard {
  readonly name: 'memory-monitor' | 'earlyoom' | 'none';
  readonly unit: string | undefined;
}

export const OURS: Guard = { name: 'memory-monitor', unit: 'memory-monitor' };
export const EARLYOOM: Guard = { name: 'earlyoom', unit: 'earlyoom' };

/** The same for both: SIGTERM below the first, SIGKILL below the second, in percent of RAM. */
const SOFT_PERCENT = 10;
const HARD_PERCENT = 5;

const START_TIMEOUT_MS = 400_000;
const SECOND_DISK = '/clone';

const CONFIGURATION = `
[thresholds]
ram_percent_threshold = 95.0

[settings]
dry_run = false

[[plugins]]
use = "@memory-monitor/policy-pressure"
[plugins.config]
available = { soft_percent = ${SOFT_PERCENT}, hard_percent = ${HARD_PERCENT} }
target = "cgroup"
`;

/**
 * A tenth of a processor that is emulated would be less than a hundredth of a real one, on which Node does not even
 * start within TimeoutStartSec; the quota is taken off, and nothing else is.
 */
const EMULATED = '[Service]\nCPUQuota=\nTimeoutStartSec=300\n';

/** Both are installed, and ours runs, as after a boot. `/dev/vdb` has the bundle. */
export async function installGuards(machine: SmallMachine): Promise<void> {
  await machine.succeed(`mkdir -p ${SECOND_DISK} && mount -o ro /dev/vdb ${SECOND_DISK}`);
  await machine.write('/etc/default/earlyoom', `EARLYOOM_ARGS="-r 0 -m ${SOFT_PERCENT},${HARD_PERCENT}"\n`);
  await machine.write('/etc/memory-monitor/conf.d/10-machine.toml', CONFIGURATION);
  await machine.write('/etc/systemd/system/memory-monitor.service.d/emulated.conf', EMULATED);
  // The installer's last line, without building.
  await machine.succeed(`node ${SECOND_DISK}/app/memory-monitor.mjs install --armed`, START_TIMEOUT_MS);
  // What the installer has read is kept for the installer: the page cache counts for whom it was first read for.
  await machine.succeed(
    'systemctl stop memory-monitor && sync && echo 3 >/proc/sys/vm/drop_caches && systemctl start memory-monitor',
    START_TIMEOUT_MS,
  );
}

/** Only this one from now on. */
export async function exchangeGuard(machine: SmallMachine, { unit }: Guard): Promise<void> {
  await machine.succeed('systemctl stop memory-monitor earlyoom');
  if (unit !== undefined) await machine.succeed(`systemctl start ${unit}`, START_TIMEOUT_MS);
}
