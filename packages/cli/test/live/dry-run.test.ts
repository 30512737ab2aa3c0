import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { inNamespace } from './support/in-namespace.js';

const STAMP = '\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}';
const GB = '\\d+\\.\\d{2}GB';

/** Whole lines, as section 9 of the design and the Python service have them. */
const LINES = {
  memory: new RegExp(`^${STAMP} - INFO - System Memory: \\d+\\.\\d% used \\(${GB} / ${GB}\\)$`),
  scan: new RegExp(`^${STAMP} - INFO - Scan complete\\. Scanned: \\d+, Killed: \\d+$`),
  any: new RegExp(`^${STAMP} - (?:DEBUG|INFO|WARNING|ERROR) - .+$`),
};

function killing(pid: number, how: string): RegExp {
  const who = `PID=${pid}, Name=[^,]+, User=root, RAM=${GB} \\(\\d+\\.\\d{2}%\\)`;
  return new RegExp(`^${STAMP} - WARNING - ${how}: ${who}$`);
}

function linesOf(text: string): string[] {
  expect(text.endsWith('\n')).to.equal(true);
  return text.slice(0, -1).split('\n');
}

describe('a dry run', () => {
  inNamespace('signals nothing, and says what it would do once over many scans', async (ns) => {
    const hogs = [await ns.hog({ recordsSignals: true }), await ns.hog({ recordsSignals: true })];
    const monitor = await ns.monitor({
      config: { thresholds: { check_interval: 0.1 }, settings: { dry_run: true, log_format: 'text' } },
    });
    await monitor.says(/(?:Scan complete[^]*){10}/);
    expect((await monitor.stop()).code).to.equal(0);

    const lines = linesOf(monitor.output);
    for (const hog of hogs) {
      expect(
        lines.filter((line) => killing(hog.pid, '\\[DRY RUN\\] Would kill process').test(line)),
      ).to.have.lengthOf(1);
      expect(lines.filter((line) => line.includes(`PID=${hog.pid},`))).to.have.lengthOf(2);
      expect(hog.signals).to.deep.equal([]);
      expect(hog.exit).to.equal(undefined);
    }
    expect(lines.filter((line) => line.includes('Killed: ') && !line.endsWith('Killed: 0'))).to.deep.equal(
      [],
    );
  });

  inNamespace('says so in its first line, whether the file or the command line asks for it', async (ns) => {
    const hog = await ns.hog({ recordsSignals: true });
    const runs = [
      await ns.monitor({ config: { settings: { dry_run: true, log_format: 'text' } }, options: ['--once'] }),
      await ns.monitor({ config: { settings: { log_format: 'text' } }, options: ['--once', '--dry-run'] }),
      await ns.monitor({ config: {}, options: ['--once', '-n', '--log-format', 'text'] }),
    ];
    for (const run of runs) {
      expect((await run.program.ended()).code).to.equal(0);
      const [first = ''] = linesOf(run.output);
      expect(first).to.match(new RegExp(`^${STAMP} - INFO - Memory Monitor \\S+ started as a DRY RUN, `));
    }
    expect(hog.signals).to.deep.equal([]);
  });

  inNamespace('has one JSON line for it, with the outcome dry-run and no signal', async (ns) => {
    const hog = await ns.hog();
    const monitor = await ns.monitor({ config: { settings: { dry_run: true } } });
    await monitor.killOf(hog.pid);
    await monitor.scans(3);
    expect(monitor.kills()).to.have.lengthOf(1);
    expect(monitor.kills()[0]).to.include({
      pid: hog.pid,
      outcome: 'dry-run',
      action: 'kill',
      signal: null,
      dryRun: true,
    });
    expect(hog.isAlive).to.equal(true);
  });
});

describe('the log in text', () => {
  inNamespace("has the Python service's lines, the same in the file and in the output", async (ns) => {
    const log = ns.path('monitor.log');
    const hog = await ns.hog({ onSigterm: 'ignore' });
    const monitor = await ns.monitor({
      config: { settings: { log_format: 'text', log_file: log, grace_seconds: 0.5 } },
    });
    await hog.ended();
    await monitor.says('force-killed');
    await monitor.stop();

    const lines = linesOf(readFileSync(log, 'utf8'));
    expect(linesOf(monitor.output)).to.deep.equal(lines);
    for (const line of lines) {
      expect(line).to.match(LINES.any);
    }
    expect(lines[0]).to.match(new RegExp(`^${STAMP} - INFO - Memory Monitor \\S+ started armed\\. `));
    expect(lines[1]).to.match(LINES.memory);
    expect(lines.filter((line) => LINES.memory.test(line)).length).to.be.at.least(2);
    expect(lines.filter((line) => killing(hog.pid, 'Killing process').test(line))).to.have.lengthOf(1);
    const scans = lines.filter((line) => LINES.scan.test(line));
    expect(scans[0]).to.match(/Killed: 1$/);
    expect(scans.slice(1).every((line) => line.endsWith('Killed: 0'))).to.equal(true);
    expect(lines.filter((line) => line.includes(`Process force-killed: PID=${hog.pid}, `))).to.have.lengthOf(
      1,
    );
  });
});
