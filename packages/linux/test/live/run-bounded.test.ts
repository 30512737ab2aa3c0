import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { runBounded } from '#src/run-bounded.js';
import { stateOf } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { nodeRunning, run } from '../support/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const LARGEST_OUTPUT_BYTES = 64 * 1024;

describe('a bounded run', () => {
  const directory = useTemporaryDirectory();

  it('gives the output and the status of a program', async () => {
    const { exitCode, output } = await runBounded('sh', ['-c', 'echo out; echo err >&2; exit 3'], 5000);
    expect(exitCode).to.equal(3);
    expect(output.toString()).to.equal('out\n');
  });

  it('gives no status of a program that a signal has ended', async () => {
    expect((await runBounded('sh', ['-c', 'kill -9 $$'], 5000)).exitCode).to.equal(undefined);
  });

  it('ends the program at the deadline, and gives what it has printed', async () => {
    const pidFile = join(directory(), 'pid');
    const script = `echo begun; echo $$ > ${pidFile}; exec sleep 1000`;
    const beganMs = performance.now();
    const { exitCode, output } = await runBounded('sh', ['-c', script], 300);
    expect(performance.now() - beganMs).to.be.within(290, 3000);
    expect(exitCode).to.equal(undefined);
    expect(output.toString()).to.equal('begun\n');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await eventually('the end of the program', () => stateOf(pid) === undefined);
  });

  it('does not wait for whom the program has left its output to', async () => {
    const beganMs = performance.now();
    await runBounded('sh', ['-c', 'sleep 5 & exit 0'], 300);
    expect(performance.now() - beganMs).to.be.lessThan(3000);
  });

  it('keeps only so much of the output', async () => {
    const { output } = await runBounded('yes', [], 300);
    expect(output.length).to.be.within(LARGEST_OUTPUT_BYTES, 4 * LARGEST_OUTPUT_BYTES);
  });

  it('finds programs of the system only, and gives them no environment', async () => {
    process.env['A_SECRET_OF_THE_MONITOR'] = 'yes';
    const { output } = await runBounded('env', [], 5000);
    delete process.env['A_SECRET_OF_THE_MONITOR'];
    // Node itself hands this one on, to measure coverage.
    const variables = output
      .toString()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('NODE_V8_COVERAGE='));
    expect(variables.sort()).to.deep.equal(['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  it('rejects where there is no such program', async () => {
    const error = await runBounded('no-such-program-at-all', [], 1000).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'ENOENT');
  });

  it('rejects, and nothing else happens, where there are no descriptors left for it', () => {
    const script = `
      import { openSync } from 'node:fs';
      import { runBounded } from '#src/run-bounded.js';
      await runBounded('true', [], 1000);
      try { for (;;) openSync('/dev/null'); } catch {}
      const error = await runBounded('true', [], 1000).catch((reason) => reason);
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.exit(error instanceof Error ? 7 : 8);`;
    const limited = ['-c', 'ulimit -n 60 && exec "$@"', 'sh', ...nodeRunning(script)];
    const { status, stderr } = run('sh', limited);
    expect(status, stderr).to.equal(7);
  });

  it('that has reached its deadline keeps nobody from exiting', () => {
    const script = `
      import { runBounded } from '#src/run-bounded.js';
      await runBounded('sleep', ['1000'], 100);`;
    const beganMs = performance.now();
    const [command, ...args] = nodeRunning(script);
    const { status } = run(command, args, { timeout: 10_000 });
    expect(status).to.equal(0);
    expect(performance.now() - beganMs).to.be.lessThan(8000);
  });
});
