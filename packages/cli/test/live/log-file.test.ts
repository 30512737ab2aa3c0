import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import { parseLog, type LogLine } from './support/running-monitor.js';
import { until } from './support/wait.js';

const CHANGE_LOG_FILE = fileURLToPath(new URL('./programs/change-log-file.js', import.meta.url));
const CANNOT_OPEN = /^The log file \S+ can not be opened, the monitor goes on without it: /;

/** Runs the monitor with a log file that is none, and returns its lines about the log. */
async function runWithout(ns: PidNamespace, log: string): Promise<LogLine[]> {
  const victim = await ns.hog();
  const monitor = await ns.monitor({ config: { settings: { log_file: log } }, options: ['--once'] });
  expect((await monitor.program.ended()).code).to.equal(0);
  expect(victim.exit?.signal).to.equal('SIGTERM');
  expect(parseLog(monitor.output)[0]?.event).to.equal('started');
  return monitor.lines('log');
}

describe('a log file', () => {
  inNamespace('that is a directory is a warning, and the monitor goes on', async (ns) => {
    const log = ns.path('log');
    mkdirSync(log);
    const lines = await runWithout(ns, log);
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(lines[0]?.msg).to.match(CANNOT_OPEN);
  });

  inNamespace('whose directory is missing is a warning, and the monitor goes on', async (ns) => {
    const lines = await runWithout(ns, ns.path('nowhere', 'log'));
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(lines[0]?.msg).to.match(CANNOT_OPEN);
  });

  inNamespace('that is a planted link is not written through', async (ns) => {
    const [log, precious] = [ns.path('log'), ns.path('precious')];
    writeFileSync(precious, 'untouched');
    symlinkSync(precious, log);
    const lines = await runWithout(ns, log);
    expect(lines.map(({ msg }) => CANNOT_OPEN.test(msg))).to.deep.equal([true]);
    expect(readFileSync(precious, 'utf8')).to.equal('untouched');
  });

  inNamespace('that is a pipe without a reader does not hold the monitor up', async (ns) => {
    const log = ns.path('log');
    await ns.shell(`mkfifo ${log}`);
    expect((await runWithout(ns, log)).map(({ level }) => level)).to.deep.equal(['warn']);
  });

  inNamespace('on a full disk delays its lines, not the killing', async (ns) => {
    const disk = ns.path('disk');
    const log = `${disk}/log`;
    await ns.shell(`mkdir ${disk} && mount -t tmpfs -o size=64k tmpfs ${disk}`);
    await ns.shell(`head -c 1048576 /dev/zero > ${disk}/filler || true`);
    const victim = await ns.hog();
    const monitor = await ns.monitor({ config: { settings: { log_file: log } } });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    await monitor.killOf(victim.pid);
    await monitor.told('log', ({ msg }) => msg.includes('can not be written, lines are kept until it can'));
    await monitor.scans(3);
    expect(monitor.lines('log')).to.have.lengthOf(1);

    await ns.shell(`rm ${disk}/filler`);
    await until('the kill line', async () => (await ns.shell(`cat ${log}`)).includes('"event":"kill"'));
    expect((await monitor.stop()).code).to.equal(0);
    expect(await ns.shell(`cat ${log}`)).to.equal(monitor.output);
  });

  it('that is changed while lines are written loses none, and takes none after the end', () => {
    const directory = mkdtempSync(join(tmpdir(), 'memory-monitor-test-'));
    try {
      const files = [join(directory, 'before'), join(directory, 'after')];
      const { status, stderr } = spawnSync(process.execPath, [CHANGE_LOG_FILE, ...files], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      const lines = parseLog(files.map((file) => readFileSync(file, 'utf8')).join(''));
      expect(lines.map(({ step }) => step)).to.deep.equal(Array.from({ length: 20 }, (_, step) => step));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
