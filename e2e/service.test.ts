// The installed service from day to day: reloads, log rotation, hangs, crashes.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { installArmed, isRunning, LOG, logged, show, startHog, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

const MISTAKE = '/etc/memory-monitor/conf.d/50-mistake.toml';
const RELOADS = 200;
/** Each takes its time where a machine has much else to do. */
const RELOADS_TIMEOUT_MS = 115_000;
const KIB_PER_MIB = 1024;

/** Resident MiB and open descriptors of the daemon. */
async function footprint(machine: Machine): Promise<{ residentMib: number; descriptors: number }> {
  const pid = await show(machine, 'MainPID');
  const resident = await machine.succeed(
    `awk '/^VmRSS/ { print $2 }' /proc/${pid}/status; ls /proc/${pid}/fd | wc -l`,
  );
  const [kib = Number.NaN, descriptors = Number.NaN] = resident.trim().split('\n').map(Number);
  return { residentMib: kib / KIB_PER_MIB, descriptors };
}

/** Whether it is up again, as another process than before. */
async function isBack(machine: Machine, formerPid: string): Promise<boolean> {
  const pid = await show(machine, 'MainPID');
  return pid !== '0' && pid !== formerPid && (await show(machine, 'ActiveState')) === 'active';
}

async function reloadTimes(machine: Machine, count: number): Promise<void> {
  await machine.succeed(`for i in $(seq ${count}); do systemctl reload memory-monitor; done`, {
    timeoutMs: RELOADS_TIMEOUT_MS,
  });
}

inMachine(
  'the running service',
  (it) => {
    it('takes a changed configuration up without a new process', async (machine) => {
      await installArmed(machine);
      const pid = await show(machine, 'MainPID');
      await machine.write(MISTAKE, '[thresholds]\nram_gb_threshold = 1.5\n');
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      await waitFor(
        async () => (await logged(machine, 'Configuration reloaded')).at(-1)?.includes('1.5GB'),
        'the reload',
      );
      expect(await show(machine, 'MainPID')).to.equal(pid);
    });

    it('refuses a broken one, with file and line, and stays what it was', async (machine) => {
      const pid = await show(machine, 'MainPID');
      await machine.write(MISTAKE, '[thresholds]\nram_gb_threshold = "much"\n');
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      const refusal = `${MISTAKE}:2:20: thresholds.ram_gb_threshold is "much"`;
      await waitFor(async () => (await logged(machine, refusal)).length === 1, 'the refusal');
      expect(await show(machine, 'MainPID')).to.equal(pid);
      expect(await show(machine, 'StatusText')).to.include('The configuration on disk has mistakes');
      await machine.succeed(`rm ${MISTAKE} && systemctl reload memory-monitor`);
    });

    it(`has the same memory and descriptors after ${RELOADS} reloads`, async (machine) => {
      const told = (await logged(machine, 'Configuration reloaded')).length;
      const before = await footprint(machine);
      await reloadTimes(machine, RELOADS / 2);
      const halfway = await footprint(machine);
      await reloadTimes(machine, RELOADS / 2);
      await waitFor(
        async () => (await logged(machine, 'Configuration reloaded')).length === told + RELOADS,
        'every reload to be told',
      );
      const after = await footprint(machine);
      const mib = [before, halfway, after].map(({ residentMib }) => residentMib.toFixed(1)).join(', ');
      process.stdout.write(`    resident before, after ${RELOADS / 2} and ${RELOADS} reloads: ${mib} MiB\n`);
      // The heap settles in the first hundred; a leak would go on.
      expect(after.residentMib).to.be.below(halfway.residentMib + 2);
      // A scan holds one more for a moment.
      const isAsBefore = async () => (await footprint(machine)).descriptors <= before.descriptors;
      await waitFor(isAsBefore, `no more than ${before.descriptors} descriptors`, 10_000);
      expect(await show(machine, 'NRestarts')).to.equal('0');
    });

    it('loses no line when the log is rotated in a grace period, and the victim gets its SIGKILL', async (machine) => {
      const hog = await startHog(machine, { isStubborn: true });
      await waitFor(
        async () => (await logged(machine, `Killing process: PID=${hog.pid}`)).length === 1,
        'the SIGTERM',
      );
      await machine.succeed(['logrotate', '--force', '/etc/logrotate.d/memory-monitor']);
      expect(await isRunning(machine, hog), 'in its grace period').to.equal(true);
      expect(await hog.ended).to.deep.equal({ exitCode: null, signal: 'SIGKILL' });
      await waitFor(
        async () => (await machine.read(LOG)).includes(`force-killed: PID=${hog.pid}`),
        'the end in the new file',
      );
      const told = await machine.journal('--unit=memory-monitor', 'SYSLOG_IDENTIFIER=memory-monitor');
      const lines = await logged(machine, ' - ');
      expect(lines.length).to.be.at.least(told.length);
      const kept = new Set(lines.map((line) => line.replace(/^\S+ \S+ - [A-Z]+ - /, '')));
      expect(
        told.map(({ MESSAGE }) => String(MESSAGE)).filter((message) => !kept.has(message)),
      ).to.deep.equal([]);
      expect(await machine.succeed(['stat', '--format=%a %U:%G', LOG])).to.equal('640 root:adm\n');
    });

    it('is back within 15 s after kill -9', async (machine) => {
      const pid = await show(machine, 'MainPID');
      await machine.succeed(['kill', '-9', pid]);
      const killedAt = performance.now();
      await waitFor(async () => await isBack(machine, pid), 'the restart', 15_000);
      process.stdout.write(`    back after ${((performance.now() - killedAt) / 1000).toFixed(1)} s\n`);
      expect(await show(machine, 'MainPID')).to.not.equal(pid);
    });

    it('is restarted by the watchdog when it hangs', async (machine) => {
      const pid = await show(machine, 'MainPID');
      await machine.succeed(['kill', '-STOP', pid]);
      await waitFor(async () => await isBack(machine, pid), 'the watchdog', 90_000);
      expect(await machine.journal('--unit=memory-monitor', '--grep=Watchdog timeout')).to.have.lengthOf(1);
    });

    it('is not armed while a later drop-in says otherwise, which is named', async (machine) => {
      await machine.succeed(['memory-monitor', 'disarm']);
      await machine.write('/etc/memory-monitor/conf.d/local.toml', '[settings]\ndry_run = true\n');
      const { exitCode, stderr } = await machine.run(['memory-monitor', 'arm']);
      expect(exitCode).to.equal(69);
      expect(stderr).to.include('remove it from /etc/memory-monitor/conf.d/local.toml');
      expect(await machine.read('/etc/memory-monitor/conf.d/90-armed.toml')).to.include('dry_run = true');
      await machine.succeed('rm /etc/memory-monitor/conf.d/local.toml && memory-monitor arm');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
    });

    it('is stopped by disarm where it can not be told, and so ends nothing either way', async (machine) => {
      await machine.write(MISTAKE, '[thresholds]\nram_gb_threshold = "much"\n');
      const { exitCode, stderr } = await machine.run(['memory-monitor', 'disarm']);
      expect(exitCode).to.equal(69);
      expect(stderr).to.include('it has been stopped and ends nothing').and.to.include(`${MISTAKE}:2:20`);
      expect(await show(machine, 'ActiveState')).to.equal('inactive');
      await machine.succeed(`rm ${MISTAKE} && systemctl start memory-monitor`);
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
    });

    it('never writes through a link that was planted in place of its log', async (machine) => {
      await machine.succeed(
        `systemctl stop memory-monitor && echo secret >/root/target && rm -f ${LOG}* && ln -s /root/target ${LOG}`,
      );
      await machine.succeed(['systemctl', 'start', 'memory-monitor']);
      expect(await show(machine, 'ActiveState')).to.equal('active');
      expect(await machine.read('/root/target')).to.equal('secret\n');
      expect(
        await machine.journal('--unit=memory-monitor', '--grep=log file .* can not be opened'),
      ).to.have.lengthOf(1);
    });
  },
  WITH_CLONE,
);
