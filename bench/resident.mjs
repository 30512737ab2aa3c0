// Resident memory of the installed bundle, with each official plugin apart and with all, beside an idle Node of the same version.
//   node bench/resident.mjs [--processes 2000] [--rounds 5] [--settle 30] [--every-node] [--json FILE]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startCrowd } from './crowd.mjs';
import { compile, workDirectory } from './measuring.mjs';
import { bundledPlugins, PLUGINS, startMonitor, writeConfig } from './monitor.mjs';
import { besideRow, plainRow, missingRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    settle: { type: 'string', default: '30' },
    'every-node': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const KIB_PER_MIB = 1024;
const IDLE = 'setInterval(() => {}, 1e6)';
const CACHE = fileURLToPath(new URL('../node_modules/.cache/memory-monitor/', import.meta.url));

const endCrowd = await startCrowd(compile('sleepers'), values.processes);
try {
  const rows = [...(await rowsOf(process.execPath, versionOf(process.version), true))];
  for (const version of values['every-node'] ? ['20', '22', '24'] : []) {
    if (version !== versionOf(process.version)) {
      rows.push(...(await rowsOf(nodeOf(version), version, false)));
    }
  }
  writeRows(`Resident memory after ${values.settle} s at an interval of 1 s`, rows, values.json);
} finally {
  await endCrowd();
  rmSync(workDirectory, { recursive: true, force: true });
}

async function rowsOf(node, version, isDetailed) {
  if (!existsSync(node)) {
    return [missingRow(`resident memory, Node ${version}`, 'npm run nodes brings that version')];
  }
  const plugins = bundledPlugins();
  const variants = { all: plugins, none: [], ...Object.fromEntries(plugins.map((name) => [name, [name]])) };
  const kinds = isDetailed ? Object.keys(variants) : ['all'];
  const rss = Object.fromEntries(['idle', ...kinds].map((kind) => [kind, []]));
  const anonymous = Object.fromEntries(['idle', ...kinds].map((kind) => [kind, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    process.stderr.write(`Node ${version}, round ${round + 1} of ${values.rounds}\r`);
    const started = { idle: startIdle(node) };
    for (const kind of kinds) {
      const config = writeConfig(kind, { plugins: variants[kind].map((name) => PLUGINS[name]).join('') });
      started[kind] = startMonitor(config, node);
      await started[kind].told('scan');
    }
    await sleep(Number(values.settle) * 1000);
    for (const [kind, program] of Object.entries(started)) {
      const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
      rss[kind].push(mibOf(status, 'VmRSS'));
      anonymous[kind].push(mibOf(status, 'RssAnon'));
    }
    await Promise.all(Object.values(started).map((program) => program.stop()));
  }
  process.stderr.write('\n');
  const idle = { name: 'idle node -e', rounds: rss.idle };
  const named = (kind) => (kind === 'all' ? 'all plugins' : kind === 'none' ? 'no plugins' : kind);
  return kinds.flatMap((kind) => [
    besideRow(`resident memory, ${named(kind)}, Node ${version}`, 'MiB', rss[kind], idle),
    ...(kind === 'all'
      ? [
          besideRow(`anonymous memory, ${named(kind)}, Node ${version}`, 'MiB', anonymous.all, {
            name: 'idle node -e',
            rounds: anonymous.idle,
          }),
          plainRow(`resident memory, idle node -e, Node ${version}`, 'MiB', rss.idle),
        ]
      : []),
  ]);
}

function startIdle(node) {
  const child = spawn(node, ['-e', IDLE], { stdio: 'ignore' });
  return {
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function mibOf(status, field) {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)[1]) / KIB_PER_MIB;
}

function versionOf(version) {
  return version.slice(1).split('.')[0];
}

/** Where `npm run nodes` puts it. */
function nodeOf(version) {
  return `${CACHE}node-${version}/node_modules/node-linux-${process.arch}/bin/node`;
}
