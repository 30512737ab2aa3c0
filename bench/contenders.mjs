// What others do about memory that runs out, brought from Debian without being installed: no service of theirs ever starts here.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundledPlugins, commandLine, writeConfig } from './monitor.mjs';

const CACHE = fileURLToPath(new URL('../node_modules/.cache/memory-monitor/contenders/', import.meta.url));
const KIB_PER_MIB = 1024;
const KIB_PER_GB = 1024 ** 2;
const INTERVAL_SECONDS = 1;

/** Each is a function from the threshold to a command line, and to what it prints when it watches; `reason` says why it is not there. */
export function contenders(directory) {
  return {
    earlyoom: fromDebian('earlyoom', 'usr/bin/earlyoom', (program) => ({ thresholdKib }) => ({
      command: [program, '-M', String(thresholdKib), '-r', '0.1'],
      ready: 'mem avail',
    })),
    nohang: fromDebian('nohang', 'usr/sbin/nohang', (program) => ({ thresholdKib }) => ({
      command: [
        'python3',
        unbounded(program, directory),
        '--monitor',
        '--config',
        nohangConfig(directory, thresholdKib),
      ],
      ready: 'Monitoring has started',
    })),
    'policy-pressure': bundledPlugins().includes('policy-pressure')
      ? {
          of: ({ thresholdKib }) => ours('pressure', { plugins: pressure(thresholdKib / KIB_PER_GB) }),
        }
      : { reason: 'policy-pressure is not in the bundle' },
    'process limit': {
      of: ({ headroomBytes }) => ours('limit', { limitGb: headroomBytes / 1024 / KIB_PER_GB }),
    },
  };
}

function ours(name, options) {
  const config = writeConfig(name, { intervalSeconds: INTERVAL_SECONDS, isArmed: true, ...options });
  return { command: commandLine(config), ready: '"event":"scan"' };
}

function pressure(gb) {
  return `
[[plugins]]
use = "@memory-monitor/policy-pressure"
[plugins.config.available]
soft_gb = ${gb}
hard_gb = ${gb}
`;
}

function fromDebian(name, path, make) {
  const directory = join(CACHE, name);
  const program = join(directory, path);
  try {
    if (!existsSync(program)) {
      mkdirSync(directory, { recursive: true });
      download(name, directory);
      const archive = readdirSync(directory).find((file) => file.endsWith('.deb'));
      execFileSync('dpkg', ['--extract', archive, '.'], { cwd: directory });
    }
    return { of: make(program) };
  } catch {
    return { reason: `apt-get download ${name} does not work here` };
  }
}

/** The lists of packages may be missing, or too old. */
function download(name, directory) {
  const aptGet = (...args) => execFileSync('apt-get', args, { cwd: directory, stdio: 'ignore' });
  try {
    aptGet('download', name);
  } catch {
    aptGet('update');
    aptGet('download', name);
  }
}

/** nohang takes no threshold over half of the RAM, which on a machine that is not full takes a hog half of it: a copy without that check. */
function unbounded(program, directory) {
  const check = 'mem_min_kb > mem_total * 0.5';
  const code = readFileSync(program, 'utf8');
  if (!code.includes(check)) {
    throw new Error(`nohang has changed: it has no line with "${check}" any more.`);
  }
  const copy = join(directory, 'nohang');
  writeFileSync(copy, code.replace(check, 'mem_min_kb > mem_total'));
  return copy;
}

/** As Debian ships it, but for the thresholds. */
function nohangConfig(directory, thresholdKib) {
  const shipped = readFileSync(join(CACHE, 'nohang/etc/nohang/nohang.conf'), 'utf8');
  const file = join(directory, 'nohang.conf');
  const soft = `soft_threshold_min_mem = ${thresholdKib / KIB_PER_MIB} M`;
  writeFileSync(
    file,
    shipped
      .replace(/^soft_threshold_min_mem .*$/m, soft)
      .replace(/^hard_threshold_min_mem .*$/m, 'hard_threshold_min_mem = 1 %'),
  );
  return file;
}
