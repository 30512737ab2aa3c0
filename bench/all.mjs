// Measures everything that has a budget, one part after the other, and prints one table: what was measured, what it may be,
// and whether it is. Ends with status 1 if a ratio leaves its budget by more than the measured noise.
//   npm run bench [-- --quick] [-- --only start.mjs] [-- --json FILE]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { judged, verdictOf } from './budgets.mjs';
import { shown } from './rows.mjs';
import { tickRows } from './tick-rows.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const RESULT = join(here, 'result.json');

/** Each with what makes it short. The one about plugins has budgets of its own, and prints them. */
const PARTS = [
  { script: 'run.mjs', quick: ['--rounds', '3', '--processes', '500,2000'] },
  { script: 'plugins.mjs', quick: undefined },
  { script: 'resident.mjs', full: ['--every-node'], quick: ['--rounds', '2', '--settle', '10'] },
  { script: 'processor.mjs', quick: ['--seconds', '5', '--windows', '4'] },
  { script: 'start.mjs', quick: ['--rounds', '5'] },
  { script: 'signal.mjs', quick: ['--rounds', '8'] },
  { script: 'overshoot.mjs', quick: ['--rounds', '3'] },
  { script: 'idle.mjs', quick: ['--ticks', '10000'] },
];

const results = mkdtempSync(join(tmpdir(), 'memory-monitor-bench-results-'));
const began = performance.now();
const rows = [];
let hasFailed = false;
try {
  for (const { script, full = [], quick } of PARTS) {
    if (values.only?.includes(script) === false || (values.quick && quick === undefined)) continue;
    rows.push(...(await measure(script, values.quick ? quick : full)));
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}
const tookSeconds = (performance.now() - began) / 1000;
print();
writeFileSync(values.json ?? RESULT, `${JSON.stringify({ ...surroundings(), rows }, null, 2)}\n`);
process.exitCode = hasFailed || rows.some(({ isFailure }) => isFailure) ? 1 : 0;

/** One part, in a process of its own. */
async function measure(script, args) {
  const file = join(results, `${script}.json`);
  process.stderr.write(`--- ${script} ${args.join(' ')}\n`);
  const child = spawn(process.execPath, [join(here, script), ...args, '--json', file], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0 || !existsSync(file)) {
    hasFailed = true;
    return [{ name: script, reason: `it has ended with status ${status}` }];
  }
  const measured = JSON.parse(readFileSync(file, 'utf8'));
  if (script === 'plugins.mjs') return [];
  return (script === 'run.mjs' ? tickRows(measured) : measured.rows).map(judged);
}

function print() {
  const table = [
    ['', 'measured', 'lowest to highest', 'beside', 'ratio', 'noise', 'budget', 'ceiling', ''],
    ...rows.map(cellsOf),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  console.log(
    `\n${values.quick ? 'A quick run' : 'A full run'} of ${tookSeconds.toFixed(0)} s, Node ${process.version}, Linux ${release()}`,
  );
  for (const cells of table) {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column]));
    console.log(padded.join('  ').trimEnd());
  }
  const failures = rows.filter(({ isFailure }) => isFailure);
  console.log(
    failures.length === 0 && !hasFailed
      ? 'No ratio leaves its budget, or the ceiling of one that is not held yet, by more than the noise.'
      : `FAILED: ${failures.map(({ name }) => name).join('; ') || 'a part did not run to its end'}`,
  );
}

function cellsOf(row) {
  const { name, unit, median, low, high, beside, ratio, noise, budget, ceiling } = row;
  const figure = (number) => (number === undefined ? '' : number.toFixed(number < 0.1 ? 3 : 2));
  return [
    name,
    median === undefined ? '' : `${shown(median)} ${unit}`,
    low === undefined ? '' : `${shown(low)} to ${shown(high)}`,
    beside?.median === undefined ? (beside?.name ?? '') : `${beside.name}: ${shown(beside.median)}`,
    figure(ratio),
    figure(noise),
    figure(budget),
    figure(ceiling),
    verdictOf(row),
  ];
}

function surroundings() {
  return {
    at: new Date().toISOString(),
    isQuick: values.quick,
    tookSeconds,
    node: process.version,
    linux: release(),
    processor: cpus()[0]?.model,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    load: loadavg(),
  };
}
