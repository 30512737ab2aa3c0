// A machine of 512 MB that runs out of memory, once in each way, with this monitor. compare.ts does it ten times, and
// with earlyoom beside it.
import { expect } from 'chai';

import { obstacleToEmulation } from '../support/prerequisites.js';
import { MachineBench } from './bench.js';
import { OURS } from './guards.js';
import { type Scenario, SCENARIOS } from './scenarios.js';
import { describeOutcome } from './summary.js';
import type { Outcome } from './trial.js';

/** Making the disk, booting, installing, starting: everything is emulated. */
const SETUP_TIMEOUT_MS = 1_200_000;
const RUN_TIMEOUT_MS = 900_000;

describe('a machine of 512 MB', () => {
  const obstacle = obstacleToEmulation();
  let bench: MachineBench | undefined;

  const test = (title: string, scenario: Scenario['name'], check: (outcome: Outcome) => void) => {
    if (obstacle !== undefined) {
      it.skip(`${title} (skipped: ${obstacle})`);
      return;
    }
    it(title, async function () {
      this.timeout(RUN_TIMEOUT_MS);
      const found = SCENARIOS.find(({ name }) => name === scenario);
      if (bench === undefined || found === undefined) throw new Error('before has opened it');
      const outcome = await bench.run(OURS, found, 1);
      say(describeOutcome(outcome));
      try {
        check(outcome);
      } catch (error) {
        if (error instanceof Error) error.message += `\n${outcome.told}`;
        throw error;
      }
    });
  };
  before(async function () {
    if (obstacle !== undefined) return;
    this.timeout(SETUP_TIMEOUT_MS);
    bench = await MachineBench.open(say);
  });

  after(async function () {
    this.timeout(RUN_TIMEOUT_MS);
    await bench?.close();
  });

  test('outlives a slow leak, without the kernel', 'leak', (outcome) => {
    expect(outcome.firstSignalBy).to.equal('guard');
    expect(outcome.kernelOomKills).to.equal(0);
    expectOrder(outcome);
  });

  test('outlives a hog that is as fast as it can', 'fast', expectOrder);

  test('outlives a fork bomb', 'bomb', expectOrder);
});

/** The hog is gone, nobody else is, and the monitor is the one that it was. */
function expectOrder({ hogGoneAfterMs, missingBystanders, wasGuardRestarted }: Outcome): void {
  expect(hogGoneAfterMs, 'the hog has gone').to.not.equal(null);
  expect(missingBystanders).to.deep.equal([]);
  expect(wasGuardRestarted, 'the monitor was restarted').to.equal(false);
}

function say(line: string): void {
  process.stdout.write(`    ${line}\n`);
}
