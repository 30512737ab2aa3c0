import { spawnSync } from 'node:child_process';

const DEBIAN_PACKAGES = ['systemd-container', 'debootstrap', 'debian-archive-keyring'];
const EMULATOR_PACKAGES = ['qemu-system-x86', 'qemu-utils', 'e2fsprogs', 'gcc', 'libc6-dev'];

/** What keeps this computer from booting a machine, after its missing packages were installed; undefined if nothing does. */
export const obstacle = findObstacle(DEBIAN_PACKAGES);

/** The same of a machine that is emulated. */
export function obstacleToEmulation(): string | undefined {
  if (process.arch !== 'x64') return 'needs x64';
  return obstacle ?? findObstacle(EMULATOR_PACKAGES);
}

function findObstacle(packages: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!succeeds('dpkg-query', '--version')) return 'needs Debian or a relative of it, to build a Debian from';
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return undefined;
  process.stdout.write(`installing ${missing.join(' ')}\n`);
  const installed =
    succeeds('apt-get', 'update', '-qq') &&
    succeeds('apt-get', 'install', '-qq', '--no-install-recommends', ...missing);
  return installed ? undefined : `needs ${missing.join(' and ')}, which apt-get could not install`;
}

function isInstalled(name: string): boolean {
  const query = spawnSync('dpkg-query', ['--show', '--showformat=${Status}', name], { encoding: 'utf8' });
  return query.status === 0 && query.stdout.includes('ok installed');
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0;
}
