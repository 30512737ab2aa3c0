// Mocha's spec reporter, and three rules of this repository: a skipped test says why in its title,
// a run that something keeps alive afterwards fails instead of hanging, and .ci/run gets the totals.
import { appendFileSync } from 'node:fs';
import mocha from 'mocha';

const LEAK_DEADLINE_MS = 10_000;
/** Of what a failed test says, for the end of a run whose beginning is long out of sight. */
const MOST_LINES = 6;

export default class Reporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.skipped = [];
    runner.on('pending', (test) => this.skipped.push(test.fullTitle()));
    runner.once('end', () => {
      const { passes, failures } = this.stats;
      const totals = {
        passed: passes,
        failed: failures,
        skipped: this.skipped.length,
        failures: this.failures.map(inShort),
      };
      if (process.env.TEST_TOTALS_FILE) {
        appendFileSync(process.env.TEST_TOTALS_FILE, `${JSON.stringify(totals)}\n`);
      }
      failOnLeak();
    });
  }

  epilogue() {
    const silent = this.skipped.filter((title) => !/\(skipped: .+\)/.test(title));
    if (this.skipped.length > 0) process.stdout.write('\n  Skipped:\n');
    for (const title of this.skipped) process.stdout.write(`  - ${title}\n`);
    for (const title of silent) {
      process.stdout.write(`  ! "${title}" gives no reason: add "(skipped: why)" to its title.\n`);
    }
    this.stats.failures += silent.length;
    this.runner.failures += silent.length;
    super.epilogue();
  }
}

function inShort(test) {
  const lines = String(test.err?.message ?? test.err).split('\n');
  return [test.fullTitle(), ...lines.slice(0, MOST_LINES)].join('\n    ');
}

/** Fires only when something else still keeps the process alive. */
function failOnLeak() {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`The tests have ended, and something still keeps the process alive: ${open}\n`);
    process.exit(1);
  }, LEAK_DEADLINE_MS).unref();
}
