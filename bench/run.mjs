// Measures one tick beside a C loop over statm and beside psutil, in one run, on the same processes, in turn.
//   node bench/run.mjs [--processes 2000] [--rounds 7] [--json FILE]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile, median, passesOf, workDirectory } from './measuring.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'string' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const PASSES = 20;
/** DESIGN: a tick takes no longer than the C loop, and psutil's pass at least 20 times as long. */
const BUDGETS = { 'C loop': { most: 1 }, psutil: { most: 1 / 20 } };

try {
  await main();
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

async function main() {
  const compiled = Object.fromEntries(['sleepers', 'statm-loop'].map((name) => [name, compile(name)]));
  const python = findPython();
  const sleepers = spawn(compiled.sleepers, [values.processes], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(sleepers.stdout, 'data');
  try {
    report(await measure(compiled['statm-loop'], python));
  } finally {
    sleepers.stdin.end();
    await once(sleepers, 'exit');
  }
}

async function measure(statmLoop, python) {
  const contenders = {
    'memory-monitor': () => passesOf(process.execPath, [join(here, 'tick.mjs'), String(PASSES)]),
    'C loop': () => passesOf(statmLoop, [String(PASSES)]),
    ...(python === undefined ? {} : { psutil: () => passesOf(python, [join(here, 'psutil-scan.py'), '3']) }),
  };
  const results = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, { rounds: [], first: [], processes: 0 }]),
  );
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const passes = run();
      // The first pass of a process warms caches up; the monitor reads every identity in it.
      const [first, ...steady] = passes.map(({ ms }) => ms);
      results[name].first.push(first);
      results[name].rounds.push(median(steady));
      results[name].processes = passes.at(-1).count;
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}\r`);
  }
  process.stderr.write('\n');
  return results;
}

function report(results) {
  const ours = results['memory-monitor'];
  const rows = Object.entries(results).map(([name, { rounds, first, processes }]) => {
    const ratios = rounds.map((ms, round) => ours.rounds[round] / ms);
    const budget = BUDGETS[name]?.most;
    return {
      name,
      processes,
      medianMs: median(rounds),
      minMs: Math.min(...rounds),
      maxMs: Math.max(...rounds),
      firstMs: median(first),
      ratio: median(ratios),
      ...(budget === undefined ? {} : { budget, isHeld: median(ratios) <= budget }),
    };
  });
  console.log(
    `One pass over all processes, no violation; medians of ${values.rounds} rounds, Node ${process.version}`,
  );
  console.log('                processes   median ms   min to max ms    first ms   tick/this   budget');
  for (const row of rows) {
    const budget =
      row.budget === undefined ? '' : `${row.budget.toFixed(2)} ${row.isHeld ? 'held' : 'NOT HELD'}`;
    console.log(
      [
        row.name.padEnd(16),
        String(row.processes).padStart(9),
        row.medianMs.toFixed(2).padStart(12),
        `${row.minMs.toFixed(2)} to ${row.maxMs.toFixed(2)}`.padStart(16),
        row.firstMs.toFixed(2).padStart(12),
        row.ratio.toFixed(3).padStart(12),
        `   ${budget}`,
      ].join(''),
    );
  }
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
  }
}

/** Debian's own Python, whose package python3-psutil is; undefined, and said, if that is not installed. */
function findPython() {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import psutil'], { stdio: 'ignore' });
    return '/usr/bin/python3';
  } catch {
    console.log('psutil is left out: apt-get install python3-psutil brings it.');
    return undefined;
  }
}
