import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_MIRROR, mirror, nicely, SUITE } from './debian.js';
import { isAlive } from './processes.js';

/** What an admin's machine has, and nothing that needs a network at boot. */
const PACKAGES = [
  'adduser',
  'cron',
  'dbus',
  'libpam-systemd',
  'less',
  'logrotate',
  // Started only by the tests that are about mail.
  'postfix',
  'procps',
  'python3',
  'python3-psutil',
  'sudo',
  'systemd',
  'systemd-sysv',
];

/** People who own the hogs; DESIGN section 1 calls them process owners. */
const ORDINARY_USERS = ['alice', 'bob'] as const;

const FINISH = `
set -eu
for user in ${ORDINARY_USERS.join(' ')}; do useradd --create-home --shell /bin/bash "$user"; done
# A machine's own, made when it boots.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/resolv.conf
echo machine >/etc/hostname
printf '127.0.0.1 localhost machine\\n' >/etc/hosts
echo 'deb ${DEFAULT_MIRROR} ${SUITE} main' >/etc/apt/sources.list
postconf -e 'myhostname = machine' 'myorigin = machine' 'mydestination = localhost, machine' 'inet_interfaces = loopback-only' 'inet_protocols = ipv4'
systemctl disable --quiet postfix
# No network: they would fail, and leave a degraded system.
systemctl disable --quiet apt-daily.timer apt-daily-upgrade.timer
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/bootstrap.log /var/log/apt /var/log/dpkg.log
`;

export const cacheDirectory = process.env['MM_E2E_CACHE'] ?? '/var/cache/memory-monitor-e2e';

/** Where the root file system for the machines is: made once for each recipe, then read only. */
export async function rootFileSystem(): Promise<string> {
  const recipe = JSON.stringify([SUITE, arch(), PACKAGES, FINISH]);
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const path = join(cacheDirectory, `rootfs-${key}`);
  if (existsSync(path)) return path;
  mkdirSync(cacheDirectory, { recursive: true });
  removeAbandonedBuilds();
  const building = join(cacheDirectory, `building-${process.pid}`);
  process.stdout.write(`    making a root file system in ${path}, once …\n`);
  const start = performance.now();
  try {
    await build(building);
    publish(building, path);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  process.stdout.write(`    made in ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  return path;
}

async function build(directory: string): Promise<void> {
  const include = `--include=${PACKAGES.join(',')}`;
  await nicely(['debootstrap', '--variant=minbase', include, SUITE, directory, mirror()]);
  await nicely(['chroot', directory, '/bin/sh', '-c', FINISH]);
}

/** Another run may have made the same one meanwhile: that one is as good. */
function publish(building: string, path: string): void {
  try {
    renameSync(building, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

function removeAbandonedBuilds(): void {
  for (const name of readdirSync(cacheDirectory)) {
    const pid = /^building-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(cacheDirectory, name), { recursive: true });
  }
}
