// From the start of the installed bundle to the log line of its first scan, beside a Node that does nothing, in turn.
//   node bench/start.mjs [--processes 2000] [--rounds 15] [--json FILE]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { startCrowd } from './crowd.mjs';
import { compile, workDirectory } from './measuring.mjs';
import { bundledPlugins, PLUGINS, startMonitor, writeConfig } from './monitor.mjs';
import { absoluteRow, besideRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'string' },
  },
});
const BUDGET_MS = 300;

const endCrowd = await startCrowd(compile('sleepers'), values.processes);
try {
  const bare = writeConfig('bare');
  const full = writeConfig('full', {
    plugins: bundledPlugins()
      .map((name) => PLUGINS[name])
      .join(''),
  });
  const firstScans = { 'no plugins': [], 'all plugins': [] };
  const nothing = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    process.stderr.write(`round ${round + 1} of ${values.rounds}\r`);
    nothing.push(await nodeMs());
    firstScans['no plugins'].push(await firstScanMs(bare));
    firstScans['all plugins'].push(await firstScanMs(full));
  }
  process.stderr.write('\n');
  const rows = Object.entries(firstScans).flatMap(([name, rounds]) => [
    absoluteRow(`start to first scan, ${name}`, 'ms', rounds, BUDGET_MS),
    besideRow(`start to first scan, ${name}, beside Node`, 'ms', rounds, {
      name: 'node -e 0',
      rounds: nothing,
    }),
  ]);
  writeRows(`Start with ${values.processes} more processes`, rows, values.json);
} finally {
  await endCrowd();
  rmSync(workDirectory, { recursive: true, force: true });
}

async function firstScanMs(config) {
  const monitor = startMonitor(config);
  const { cameMs } = await monitor.told('scan');
  await monitor.stop();
  return cameMs;
}

async function nodeMs() {
  const beganMs = performance.now();
  const [status] = await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  if (status !== 0) {
    throw new Error(`node -e 0 ended with status ${status}`);
  }
  return performance.now() - beganMs;
}
