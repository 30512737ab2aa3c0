import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import { parseLog } from './support/running-monitor.js';

const GIB = 1024 ** 3;
const NO_GB = 1000;
const NO_PERCENT = 100;

/** The memory that the monitor itself goes by: of the machine, or of the container. */
async function totalBytes(ns: PidNamespace): Promise<number> {
  const look = await ns.monitor({ config: { settings: { dry_run: true } }, options: ['--once'] });
  await look.program.ended();
  return Number(parseLog(look.output).find(({ event }) => event === 'memory')?.['totalBytes']);
}

async function residentBytes(ns: PidNamespace, pid: number): Promise<number> {
  const kib = await ns.shell(`awk '/^VmRSS:/ { print $2 }' /proc/${pid}/status`);
  return Number(kib) * 1024;
}

describe('a limit', () => {
  inNamespace('in percent of RAM counts alone', async (ns) => {
    const total = await totalBytes(ns);
    const [victim, bystander] = [await ns.hog(), await ns.hog({ megabytes: 50 })];
    const percent = (100 * 0.2 * GIB) / total;
    const thresholds = { ram_percent_threshold: percent, ram_gb_threshold: NO_GB };
    const monitor = await ns.monitor({ config: { thresholds } });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    const kill = await monitor.killOf(victim.pid);
    expect(kill['rule']).to.equal('ram_percent_threshold');
    expect(kill['limitBytes']).to.be.closeTo(0.2 * GIB, 2);
    await monitor.scans(2);
    expect(bystander.isAlive).to.equal(true);
  });

  inNamespace('in GB counts alone', async (ns) => {
    const [victim, bystander] = [await ns.hog(), await ns.hog({ megabytes: 50 })];
    const thresholds = { ram_percent_threshold: NO_PERCENT, ram_gb_threshold: 0.2 };
    const monitor = await ns.monitor({ config: { thresholds } });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(await monitor.killOf(victim.pid)).to.include({ rule: 'ram_gb_threshold' });
    await monitor.scans(2);
    expect(bystander.isAlive).to.equal(true);
  });

  inNamespace('lets live what is 5 % below it, and ends what is 5 % above it', async (ns) => {
    const hog = await ns.hog();
    const used = await residentBytes(ns, hog.pid);
    const limit = (factor: number) => ({ thresholds: { ram_gb_threshold: (used * factor) / GIB } });
    const monitor = await ns.monitor({ config: limit(1.05) });
    await monitor.scans(3);
    expect(hog.isAlive).to.equal(true);
    expect(monitor.lines('violation')).to.deep.equal([]);
    await monitor.reload(limit(0.95));
    expect((await hog.ended()).signal).to.equal('SIGTERM');
  });

  inNamespace('holds for a process that has been stopped, too', async (ns) => {
    const victim = await ns.hog();
    await ns.signal(victim.pid, 'SIGSTOP');
    const monitor = await ns.monitor({ config: { settings: { grace_seconds: 5 } } });
    expect((await victim.ended()).signal).to.equal('SIGTERM');
    expect(await monitor.killOf(victim.pid)).to.include({ outcome: 'terminated', signal: 'SIGTERM' });
  });
});
