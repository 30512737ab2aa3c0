// What plugins add to a quiet tick: ten of a kind, or one of the official ones, beside none, in one run, on the same processes, in turn.
//   node bench/plugins.mjs [--processes 2000] [--rounds 9] [--json FILE]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile, median, passesOf, workDirectory } from './measuring.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'string' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const PASSES = 20;
/** How many plugins of each kind. */
const KINDS = {
  none: 0,
  'violation and kill': 10,
  scan: 10,
  overrideLimits: 10,
  'policy-schedule': 1,
  'policy-user': 1,
};
/** What one plugin of a kind may add to a tick; nothing measurable is what lies within the spread of the rounds without any. */
const BUDGET_MS = { scan: 1 };

const sleepers = spawn(compile('sleepers'), [values.processes], { stdio: ['pipe', 'pipe', 'inherit'] });
try {
  await once(sleepers.stdout, 'data');
  report(measure());
} finally {
  sleepers.stdin.end();
  await once(sleepers, 'exit');
  rmSync(workDirectory, { recursive: true, force: true });
}

function measure() {
  const rounds = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  let processes = 0;
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of Object.keys(KINDS)) {
      const passes = passesOf(process.execPath, [join(here, 'plugin-tick.mjs'), String(PASSES), kind]);
      const [, ...steady] = passes.map(({ ms }) => ms);
      rounds[kind].push(median(steady));
      processes = passes.at(-1).count;
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}\r`);
  }
  process.stderr.write('\n');
  return { rounds, processes };
}

function report({ rounds, processes }) {
  const base = rounds.none;
  const spreadMs = quartile(base, 3) - quartile(base, 1);
  console.log(
    `A quiet tick over ${processes} processes with plugins; medians of ${values.rounds} rounds, Node ${process.version}`,
  );
  console.log('plugins                    median ms   more than none   each     budget');
  const rows = Object.entries(KINDS).map(([kind, plugins]) => {
    const moreMs = median(rounds[kind].map((ms, round) => ms - base[round]));
    const budgetMs = kind === 'violation and kill' ? spreadMs / plugins : BUDGET_MS[kind];
    const eachMs = plugins === 0 ? 0 : moreMs / plugins;
    const isHeld = budgetMs === undefined ? undefined : eachMs <= budgetMs;
    return { kind, plugins, medianMs: median(rounds[kind]), moreMs, eachMs, budgetMs, isHeld };
  });
  for (const { kind, plugins, medianMs, moreMs, eachMs, budgetMs, isHeld } of rows) {
    const budget =
      budgetMs === undefined ? '' : `${budgetMs.toFixed(3)} ms each ${isHeld ? 'held' : 'NOT HELD'}`;
    console.log(
      `${`${plugins || ''} ${kind}`.trim().padEnd(27)}${medianMs.toFixed(2).padStart(9)}${moreMs.toFixed(2).padStart(17)}${eachMs.toFixed(3).padStart(7)}     ${budget}`,
    );
  }
  console.log(
    `the middle half of the rounds without plugins lies ${spreadMs.toFixed(2)} ms apart: less than that is not measurable`,
  );
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ node: process.version, processes, spreadMs, rows }, null, 2)}\n`,
    );
  }
}

function quartile(numbers, which) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.round(((sorted.length - 1) * which) / 4)];
}
