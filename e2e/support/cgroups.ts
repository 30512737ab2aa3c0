import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive } from './processes.js';
import { waitFor } from './wait-for.js';

const NAME = /^memory-monitor-e2e-(\d+)-\d+$/;

/**
 * Where nothing else does so (a computer without systemd), a machine gets a cgroup of its own in each hierarchy that
 * is mounted, below the one this process is in. Without it the guest's systemd would take over the whole hierarchy.
 */
export function makeCgroups(name: string): string[] {
  return ownCgroups().map((own) => {
    removeAbandoned(own);
    const path = join(own, name);
    mkdirSync(path);
    inheritCpuset(own, path);
    return path;
  });
}

/** As soon as the last process has left them. */
export async function removeCgroups(cgroups: readonly string[]): Promise<void> {
  await waitFor(
    () => {
      cgroups.filter(existsSync).forEach(removeTree);
      return true;
    },
    `the cgroups ${cgroups.join(', ')} to be empty`,
    10_000,
  );
}

/** This process's cgroup in every mounted hierarchy, version 1 and 2. */
function ownCgroups(): string[] {
  const memberships = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return memberships.flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const mount = mounts.find(([, , type, options = '']) =>
      controllers === ''
        ? type === 'cgroup2'
        : type === 'cgroup' && controllers.split(',').every((name) => options.split(',').includes(name)),
    );
    return mount?.[1] === undefined ? [] : [join(mount[1], path)];
  });
}

/** A new cgroup of cpuset, version 1, takes no process before it has processors and memory nodes. */
function inheritCpuset(from: string, to: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(to, file))) writeFileSync(join(to, file), readFileSync(join(from, file)));
  }
}

/** Those of a run that was killed: they are empty, and can go. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      removeTree(join(parent, name));
    } catch {
      // Somebody is still in it; the next run tries again.
    }
  }
}

function removeTree(cgroup: string): void {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(cgroup, entry.name));
  }
  rmdirSync(cgroup);
}
