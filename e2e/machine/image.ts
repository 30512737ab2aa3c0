import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { mirror, nicely, SUITE } from '../support/debian.js';
import { isAlive } from '../support/processes.js';
import { cacheDirectory, rootFileSystem } from '../support/rootfs.js';

/** What boots: a kernel of Debian's, and the file system of the other tests with what these ones need beside it. */
export interface Image {
  readonly kernel: string;
  readonly initialRamdisk: string;
  /** ext4; machines write to layers over it. */
  readonly disk: string;
}

const GUEST_SOURCES = fileURLToPath(new URL('../../machine/guest/', import.meta.url));
const SIZE = '1500M';
const PACKAGES = ['linux-image-cloud-amd64', 'initramfs-tools', 'earlyoom'];

/** The console takes the kernel's messages, slowly: the list of all processes at each OOM kill would hold it up. */
const SYSCTL = 'vm.oom_dump_tasks = 0\\nkernel.printk_ratelimit = 0\\n';

const FINISH = `
set -eu
mkdir -p /etc/initramfs-tools/conf.d
printf 'MODULES=list\\nCOMPRESS=gzip\\n' >/etc/initramfs-tools/conf.d/machine
mkdir -p /etc/initramfs-tools && printf 'virtio_pci\\nvirtio_blk\\n' >/etc/initramfs-tools/modules
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d
cp /etc/apt/sources.list /root/sources.list
echo "deb $1 ${SUITE} main" >/etc/apt/sources.list
apt-get update -qq
# The modules that the initial ramdisk is to have are written down above, also for a package that brings its own list.
apt-get install -qq --no-install-recommends -o Dpkg::Options::=--force-confold ${PACKAGES.join(' ')}
mv /root/sources.list /etc/apt/sources.list
rm -f /usr/sbin/policy-rc.d /etc/resolv.conf
systemctl disable --quiet earlyoom
# Nobody logs in here, nothing waits for a network.
systemctl mask --quiet getty.target systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer
systemctl mask --quiet serial-getty@ttyS0.service fstrim.timer e2scrub_all.timer e2scrub_reap.service
printf '${SYSCTL}' >/etc/sysctl.d/90-machine.conf
systemctl enable --quiet agent
echo '/dev/vda / ext4 defaults,noatime 0 1' >/etc/fstab
apt-get clean
rm -rf /var/lib/apt/lists/*
`;

/** Made once for each recipe, then read only. */
export async function machineImage(): Promise<Image> {
  const rootfs = await rootFileSystem();
  const path = join(cacheDirectory, `machine-${keyOf(rootfs)}`);
  if (!existsSync(path)) await make(rootfs, path);
  return {
    kernel: join(path, 'vmlinuz'),
    initialRamdisk: join(path, 'initrd'),
    disk: join(path, 'disk.ext4'),
  };
}

function keyOf(rootfs: string): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([rootfs, arch(), process.version, PACKAGES, FINISH, SIZE]));
  for (const name of readdirSync(GUEST_SOURCES).sort()) hash.update(readFileSync(join(GUEST_SOURCES, name)));
  return hash.digest('hex').slice(0, 12);
}

async function make(rootfs: string, path: string): Promise<void> {
  process.stdout.write(`    making a disk for machines in ${path}, once …\n`);
  const start = performance.now();
  removeAbandoned();
  const building = join(cacheDirectory, `machine-building-${process.pid}`);
  const root = join(building, 'root');
  mkdirSync(building, { recursive: true });
  try {
    await nicely(['cp', '--archive', rootfs, root]);
    copyIntoRoot(root);
    await nicely(['chroot', root, '/bin/sh', '-c', FINISH, 'finish', mirror()]);
    // Both are read by QEMU, from outside.
    for (const name of ['vmlinuz', 'initrd']) await bringKernelFile(root, name, building);
    await nicely(['mke2fs', '-q', '-t', 'ext4', '-d', root, join(building, 'disk.ext4'), SIZE]);
    rmSync(root, { recursive: true });
    renameSync(building, path);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  process.stdout.write(`    made in ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
}

function copyIntoRoot(root: string): void {
  const install = (mode: string, from: string, to: string) => {
    execFileSync('install', ['-D', '-m', mode, from, join(root, to)]);
  };
  install('0755', process.execPath, 'usr/local/bin/node');
  install('0644', join(GUEST_SOURCES, 'agent.service'), 'etc/systemd/system/agent.service');
  install('0644', '/etc/resolv.conf', 'etc/resolv.conf');
  for (const program of ['agent', 'hog']) {
    const target = join(root, 'usr/local/bin', program);
    execFileSync('cc', [
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-static',
      '-o',
      target,
      join(GUEST_SOURCES, `${program}.c`),
    ]);
    chmodSync(target, 0o755);
  }
}

/** Debian keeps them under their version, and no link when there is no boot loader. */
async function bringKernelFile(root: string, name: string, to: string): Promise<void> {
  const prefix = name === 'initrd' ? 'initrd.img-' : 'vmlinuz-';
  const found = readdirSync(join(root, 'boot')).find((file) => file.startsWith(prefix));
  if (found === undefined) throw new Error(`The kernel's package has brought no ${prefix}*.`);
  await nicely(['mv', join(root, 'boot', found), join(to, name)]);
}

/** For what one run of the tests writes; whoever makes one removes those of runs that were killed. */
export function runDirectory(): string {
  removeAbandoned();
  const path = join(cacheDirectory, `machine-run-${process.pid}`);
  mkdirSync(path, { recursive: true });
  return path;
}

function removeAbandoned(): void {
  for (const name of readdirSync(cacheDirectory)) {
    const pid = /^machine-(?:building|run)-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(cacheDirectory, name), { recursive: true });
    }
  }
}
