// Measures one tick beside a C loop over statm and beside psutil, in one run, on the same processes, in turn, and how it grows.
//   node bench/run.mjs [--processes 500,2000,20000] [--rounds 7] [--held 4096] [--json FILE]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile, median, passesOf, workDirectory } from './measuring.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '500,2000,20000' },
    rounds: { type: 'string', default: '7' },
    held: { type: 'string', default: '4096' },
    json: { type: 'string' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const OURS = 'memory-monitor';
/** Of one process of each. */
const PASSES = { [OURS]: 60, 'C loop': 10, psutil: 3 };
/** Caches are cold in the first. The monitor reads every identity in its first two, and its code is compiled within twenty. */
const WARM_UP_PASSES = { [OURS]: 20, 'C loop': 1, psutil: 1 };
/** Of so many processes a round takes half a minute, and its figures vary little. */
const MANY = 10_000;
const ROUNDS_OF_MANY = 3;
/** DESIGN: of 2,000 processes, a tick takes no longer than the C loop, and psutil's pass at least 20 times as long. */
const BUDGETS = { 'C loop': 1, psutil: 1 / 20 };
const BUDGET_PROCESSES = 2000;
/** DESIGN: time per process at the most processes, to that at the fewest. */
const GROWTH_BUDGET = 1.5;

try {
  await main();
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

async function main() {
  const [sleepers, statmLoop] = ['sleepers', 'statm-loop'].map((name) => compile(name));
  const contenders = contendersWith(statmLoop, findPython());
  console.log(
    `One pass over all processes, no violation, by processor time; medians, Node ${process.version}, ${values.held} held at most`,
  );
  console.log(
    '                processes   median ms   of processor   min to max ms    first ms   tick/this   budget',
  );
  const sizes = [];
  for (const processes of values.processes.split(',').map(Number).filter(fits)) {
    const started = spawn(sleepers, [String(processes)], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(started.stdout, 'data');
    try {
      const rows = rowsOf(
        measure(contenders, processes >= MANY ? ROUNDS_OF_MANY : Number(values.rounds)),
        processes,
      );
      rows.forEach(print);
      sizes.push({ processes, rows });
    } finally {
      started.stdin.end();
      await once(started, 'exit');
      await gone(started.pid);
    }
  }
  const growth = growthOf(sizes);
  growth.forEach(printGrowth);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ node: process.version, sizes, growth }, null, 2)}\n`);
  }
}

function contendersWith(statmLoop, python) {
  const tick = [join(here, 'tick.mjs'), String(PASSES[OURS]), values.held];
  const scan = [join(here, 'psutil-scan.py'), String(PASSES.psutil)];
  return {
    [OURS]: () => passesOf(process.execPath, tick),
    'C loop': () => passesOf(statmLoop, [String(PASSES['C loop'])]),
    ...(python === undefined ? {} : { psutil: () => passesOf(python, scan) }),
  };
}

function measure(contenders, rounds) {
  const results = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, { rounds: [], walls: [], first: [], processes: 0 }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const passes = run();
      const steady = passes.slice(WARM_UP_PASSES[name]);
      results[name].first.push(passes[0].cpuMs);
      results[name].rounds.push(median(steady.map(({ cpuMs }) => cpuMs)));
      results[name].walls.push(median(steady.map(({ ms }) => ms)));
      results[name].processes = passes.at(-1).count;
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\r`);
  }
  process.stderr.write('\n');
  return results;
}

function rowsOf(results, size) {
  const ours = results[OURS];
  return Object.entries(results).map(([name, { rounds, walls, first, processes }]) => {
    const ratio = median(rounds.map((ms, round) => ours.rounds[round] / ms));
    const budget = size === BUDGET_PROCESSES ? BUDGETS[name] : undefined;
    return {
      name,
      processes,
      medianMs: median(walls),
      cpuMs: median(rounds),
      minMs: Math.min(...rounds),
      maxMs: Math.max(...rounds),
      firstMs: median(first),
      ratio,
      ...(budget === undefined ? {} : { budget, isHeld: ratio <= budget }),
    };
  });
}

function print({ name, processes, medianMs, cpuMs, minMs, maxMs, firstMs, ratio, budget, isHeld }) {
  console.log(
    [
      name.padEnd(16),
      String(processes).padStart(9),
      medianMs.toFixed(2).padStart(12),
      cpuMs.toFixed(2).padStart(15),
      `${minMs.toFixed(2)} to ${maxMs.toFixed(2)}`.padStart(18),
      firstMs.toFixed(2).padStart(11),
      ratio.toFixed(3).padStart(12),
      budget === undefined ? '' : `   ${budget.toFixed(2)} ${isHeld ? 'held' : 'NOT HELD'}`,
    ].join(''),
  );
}

/** What one process costs at the most processes, to what it costs at the fewest. */
function growthOf(sizes) {
  const [fewest, most] = [sizes.at(0), sizes.at(-1)];
  if (sizes.length < 2) {
    return [];
  }
  return most.rows.map(({ name, processes, cpuMs }) => {
    const before = fewest.rows.find((row) => row.name === name);
    const [fewMicroseconds, manyMicroseconds] = [before, { processes, cpuMs }].map(
      (row) => (1000 * row.cpuMs) / row.processes,
    );
    const growth = manyMicroseconds / fewMicroseconds;
    return {
      name,
      fewMicroseconds,
      manyMicroseconds,
      growth,
      ...(name === OURS ? { budget: GROWTH_BUDGET, isHeld: growth <= GROWTH_BUDGET } : {}),
    };
  });
}

function printGrowth({ name, fewMicroseconds, manyMicroseconds, growth, budget, isHeld }) {
  const verdict = budget === undefined ? '' : `   ${budget.toFixed(2)} ${isHeld ? 'held' : 'NOT HELD'}`;
  console.log(
    `${name.padEnd(16)}${fewMicroseconds.toFixed(2)} µs each, ${manyMicroseconds.toFixed(2)} µs at the most: growth ${growth.toFixed(2)}${verdict}`,
  );
}

/** The kernel has no more PIDs than it has been set to; some are taken already. */
function fits(processes) {
  const most = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  const isRoom = processes < most * 0.9;
  if (!isRoom) {
    console.log(`${processes} processes are left out: kernel.pid_max is ${most}.`);
  }
  return isRoom;
}

/** The sleepers end with whoever has started them, a moment later. */
async function gone(group) {
  const isOfGroup = (name) => {
    try {
      return readFileSync(`/proc/${name}/stat`, 'latin1').split(' ')[4] === String(group);
    } catch {
      return false;
    }
  };
  while (readdirSync('/proc').some(isOfGroup)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
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
