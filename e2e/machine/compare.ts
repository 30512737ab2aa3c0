// compare RUNS FILE [GUARD]: each scenario so many times with each guard, in turn; every outcome as a line of JSON in the
// file, to which a run that was broken off adds; the table of all that are in it to stdout.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

import { obstacleToEmulation } from '../support/prerequisites.js';
import { MachineBench } from './bench.js';
import { EARLYOOM, OURS } from './guards.js';
import { SCENARIOS } from './scenarios.js';
import { describeOutcome, summarize } from './summary.js';
import type { Outcome } from './trial.js';

const [, , runs = '10', file = 'machine-outcomes.jsonl', only] = process.argv;

function outcomesSoFar(): Outcome[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Outcome);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function compare(): Promise<void> {
  const done = new Set(outcomesSoFar().map(({ scenario, guard, run }) => `${scenario} ${guard} ${run}`));
  const guards = [OURS, EARLYOOM].filter(({ name }) => only === undefined || name === only);
  const bench = await MachineBench.open(say);
  try {
    for (let run = 1; run <= Number(runs); run++) {
      for (const scenario of SCENARIOS) {
        for (const guard of guards) {
          if (done.has(`${scenario.name} ${guard.name} ${run}`)) continue;
          const outcome = await bench.run(guard, scenario, run);
          appendFileSync(file, `${JSON.stringify(outcome)}\n`);
          say(describeOutcome(outcome));
        }
      }
    }
  } finally {
    await bench.close();
  }
  say(`\n${summarize(outcomesSoFar())}`);
}

const obstacle = obstacleToEmulation();
if (obstacle === undefined) {
  await compare();
} else {
  process.stderr.write(`compare: this computer ${obstacle}\n`);
  process.exitCode = 69;
}
