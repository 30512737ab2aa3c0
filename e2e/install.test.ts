// What an admin does with the service, from a fresh Debian to the last file removed.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { hurry, install, isRunning, logged, LOG, show, startHog, WITH_CLONE } from './support/service.js';
import { compareSnapshots, type Snapshot } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

let before: Snapshot;

/** What was ended, as the journal tells and explains it. */
async function explained(machine: Machine): Promise<string> {
  const words = ['--unit=memory-monitor', '--no-pager', 'MM_EVENT=kill', 'MM_OUTCOME=terminated'];
  return await machine.succeed(['journalctl', '--catalog', ...words]);
}

inMachine(
  'the service on a fresh Debian',
  (it) => {
    it('is installed by the script, which says what it does and what to do next', async (machine) => {
      before = await machine.snapshot();
      const output = await install(machine);
      expect(output).to.match(/in \d+ steps:/);
      expect(output).to.include('sudo memory-monitor arm');
      expect(await show(machine, 'ActiveState')).to.equal('active');
      expect(await machine.succeed(['systemctl', 'is-enabled', 'memory-monitor'])).to.equal('enabled\n');
    });

    it('runs in a unit that is bounded, watched, and started again whatever happens', async (machine) => {
      const wanted = {
        Type: 'notify',
        Restart: 'always',
        RestartUSec: '10s',
        StartLimitIntervalUSec: '0',
        WatchdogUSec: '30s',
        MemoryMax: String(100 << 20),
        MemorySwapMax: '0',
        MemoryMin: String(64 << 20),
        CPUQuotaPerSecUSec: '100ms',
        CPUQuotaPeriodUSec: '1s',
        OOMScoreAdjust: '-900',
        ProtectSystem: 'strict',
        ProtectHome: 'yes',
        PrivateTmp: 'yes',
        NoNewPrivileges: 'yes',
      };
      const found: Record<string, string> = {};
      for (const property of Object.keys(wanted)) {
        found[property] = await show(machine, property);
      }
      expect(found).to.deep.equal(wanted);
    });

    it('is a dry run at first: a hog lives, and the log says what would happen', async (machine) => {
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
      await hurry(machine);
      const hog = await startHog(machine);
      const wouldKill = `[DRY RUN] Would kill process: PID=${hog.pid}`;
      await waitFor(async () => (await logged(machine, wouldKill)).length > 0, 'the line of the dry run');
      expect(await isRunning(machine, hog)).to.equal(true);
      hog.kill();
      await hog.ended;
    });

    it('is armed, and ends a hog of an ordinary user, and nobody else', async (machine) => {
      expect(await machine.succeed(['memory-monitor', 'arm'])).to.include('armed');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      const bystander = await machine.start(['sleep', '600'], { user: 'alice' });
      const hog = await startHog(machine);
      expect(await hog.ended).to.deep.equal({ exitCode: null, signal: 'SIGTERM' });
      expect(await isRunning(machine, bystander)).to.equal(true);
      bystander.kill();
    });

    it('tells a kill once in the journal, with its facts as fields, and once in the log file', async (machine) => {
      const find = async () =>
        await machine.journal('--unit=memory-monitor', 'MM_EVENT=kill', 'MM_OUTCOME=terminated');
      await waitFor(async () => (await find()).length > 0, 'the kill in the journal');
      const entries = await find();
      expect(entries).to.have.lengthOf(1);
      const [entry] = entries;
      expect(entry).to.include({
        MM_USER: 'alice',
        MM_SIGNAL: 'SIGTERM',
        MM_RULE: 'ram_gb_threshold',
        PRIORITY: '6',
      });
      const ended = await logged(machine, 'Process terminated: PID=');
      expect(ended).to.have.lengthOf(1);
      expect(ended[0]).to.include(`PID=${String(entry?.['MM_PID'])}, Name=python3`);
    });

    it('has it explained by journalctl -x, with what to do', async (machine) => {
      const [entry] = await machine.journal(
        '--unit=memory-monitor',
        'MM_EVENT=kill',
        'MM_OUTCOME=terminated',
      );
      const pid = String(entry?.['MM_PID']);
      const told = await explained(machine);
      expect(told).to.include(`Subject: Process ${pid} was ended, by SIGTERM`);
      expect(told).to.include('by the rule ram_gb_threshold').and.to.include('sudo memory-monitor disarm');
      expect(told).to.not.match(/@\w+@/);
    });

    it('writes every line to the journal exactly once', async (machine) => {
      await machine.succeed(['systemctl', 'stop', 'memory-monitor']);
      // By whatever way they came, also by standard output.
      const entries = await machine.journal('_SYSTEMD_UNIT=memory-monitor.service');
      const lines = await logged(machine, ' - ');
      expect(entries.map(({ MESSAGE }) => MESSAGE)).to.deep.equal(
        lines.map((line) => line.replace(/^\S+ \S+ - [A-Z]+ - /, '')),
      );
      await machine.succeed(['systemctl', 'start', 'memory-monitor']);
    });

    it('keeps a log file for root and adm only', async (machine) => {
      expect(await machine.succeed(['stat', '--format=%a %U:%G', LOG])).to.equal('640 root:adm\n');
    });

    it('is disarmed again', async (machine) => {
      await machine.succeed(['memory-monitor', 'disarm']);
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
    });

    it('is installed again on top: the configuration stays as it is', async (machine) => {
      await machine.succeed(`echo '# mine' >>/etc/memory-monitor/config.toml`);
      const kept = await machine.read('/etc/memory-monitor/config.toml');
      await install(machine);
      expect(await machine.read('/etc/memory-monitor/config.toml')).to.equal(kept);
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });

    it('is uninstalled without a question where nobody can be asked: configuration and logs stay', async (machine) => {
      const output = await machine.succeed(['memory-monitor', 'uninstall']);
      expect(output).to.include(`/etc/memory-monitor, ${LOG} are left`);
      expect((await machine.run(['systemctl', 'cat', 'memory-monitor'])).exitCode).to.not.equal(0);
      expect(await machine.read('/etc/memory-monitor/config.toml')).to.include('# mine');
      expect(await explained(machine), 'the lines stay, their explanations go').to.match(
        /^(?!.*Subject:).*Process terminated: PID=/s,
      );
    });

    it('asks on a terminal whether configuration and logs are to go, and takes a no', async (machine) => {
      await install(machine);
      const ask = async (answer: string) =>
        await machine.succeed(`(sleep 1; echo ${answer}) | script -qec 'memory-monitor uninstall' /dev/null`);
      expect(await ask('n')).to.include(
        'Remove the configuration in /etc/memory-monitor and the logs as well? [y/N]',
      );
      expect(await machine.read('/etc/memory-monitor/config.toml')).to.include('# mine');
      await install(machine);
      expect(await ask('y')).to.include('Nothing is left.');
      expect((await machine.run(['ls', '/etc/memory-monitor', LOG])).exitCode).to.not.equal(0);
    });

    it('is a dry run again when it is installed again, whatever it was before', async (machine) => {
      await machine.write('/etc/memory-monitor/conf.d/90-armed.toml', '[settings]\ndry_run = false\n');
      await install(machine);
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
    });

    it('leaves nothing when it is purged', async (machine) => {
      await machine.succeed(['memory-monitor', 'uninstall', '--purge']);
      const { added, removed, changed } = compareSnapshots(before, await machine.snapshot());
      expect({ added, removed, changed }).to.deep.equal({ added: [], removed: [], changed: [] });
      expect((await machine.run(['systemctl', 'status', 'memory-monitor'])).exitCode).to.equal(4);
    });
  },
  WITH_CLONE,
);
