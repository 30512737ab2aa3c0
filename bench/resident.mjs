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
import { besideRow, missingRow, writeRows } from './rows.mjs';

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
const IDLE_NAME = 'idle node -e';
const IDLE = 'setInterval(() => {}, 1e6)';
/** Those that are supported. */
const VERSIONS = ['20', '22', '24'];
const CACHE = fileURLToPath(new URL('../node_modules/.cache/memory-monitor/', import.meta.url));

const endCrowd = await startCrowd(compile('sleepers'), values.processes);
try {
  writeRows(`Resident memory after ${values.settle} s at an interval of 1 s`, await measure(), values.json);
} finally {
  await endCrowd();
  rmSync(workDirectory, { recursive: true, force: true });
}

/** All of a round run side by side: what one has in memory does not depend on who else is there. */
async function measure() {
  const own = versionOf(process.version);
  const versions = [own, ...(values['every-node'] ? VERSIONS.filter((version) => version !== own) : [])];
  const present = versions.filter((version) => existsSync(nodeOf(version)));
  const subjects = present.flatMap((version) => subjectsOf(version, version === own));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    process.stderr.write(`round ${round + 1} of ${values.rounds}\r`);
    const running = [];
    for (const subject of subjects) {
      running.push(await subject.start());
    }
    await sleep(Number(values.settle) * 1000);
    for (const [index, { pid }] of running.entries()) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      subjects[index].resident.push(mibOf(status, 'VmRSS'));
      subjects[index].anonymous.push(mibOf(status, 'RssAnon'));
    }
    await Promise.all(running.map((program) => program.stop()));
  }
  process.stderr.write('\n');
  return versions.flatMap((version) =>
    present.includes(version)
      ? rowsOf(
          version,
          subjects.filter((subject) => subject.version === version),
        )
      : [missingRow(`resident memory, all plugins, Node ${version}`, 'npm run nodes brings it')],
  );
}

/** An idle Node, and the monitor with all plugins; of the version that runs this, also with each plugin alone. */
function subjectsOf(version, isDetailed) {
  const node = nodeOf(version);
  const plugins = bundledPlugins();
  const alone = isDetailed
    ? { 'no plugins': [], ...Object.fromEntries(plugins.map((name) => [name, [name]])) }
    : {};
  const monitors = Object.entries({ 'all plugins': plugins, ...alone }).map(([name, chosen]) => ({
    name,
    start: async () => {
      const config = writeConfig(name.replace(' ', '-'), {
        plugins: chosen.map((plugin) => PLUGINS[plugin]).join(''),
      });
      const monitor = startMonitor(config, node);
      await monitor.told('scan');
      return monitor;
    },
  }));
  return [{ name: IDLE_NAME, start: () => startIdle(node) }, ...monitors].map((subject) => ({
    ...subject,
    version,
    resident: [],
    anonymous: [],
  }));
}

function rowsOf(version, [idle, ...monitors]) {
  const beside = (figure) => ({ name: IDLE_NAME, rounds: idle[figure] });
  const residents = monitors.map(({ name, resident }) =>
    besideRow(`resident memory, ${name}, Node ${version}`, 'MiB', resident, beside('resident')),
  );
  const [{ name, anonymous }] = monitors;
  return [
    ...residents,
    besideRow(`anonymous memory, ${name}, Node ${version}`, 'MiB', anonymous, beside('anonymous')),
  ];
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

/** This one, or where `npm run nodes` puts it. */
function nodeOf(version) {
  return version === versionOf(process.version)
    ? process.execPath
    : `${CACHE}node-${version}/node_modules/node-linux-${process.arch}/bin/node`;
}
