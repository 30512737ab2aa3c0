// The Debian package, as an admin has it: from a fresh Debian to the last file purged.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { expect } from 'chai';

import { Debs, hasProgram } from './support/deb.js';
import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { obstacle } from './support/prerequisites.js';
import { CLONE, hurry, isRunning, LOG, show, startHog, WITH_CLONE } from './support/service.js';
import { compareSnapshots, type Snapshot } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

const CONFIG = '/etc/memory-monitor/config.toml';
const ARMING = '/etc/memory-monitor/conf.d/90-armed.toml';
const MISTAKE = '/etc/memory-monitor/conf.d/50-mistake.toml';
const MAIL = `[[plugins]]
use = "@memory-monitor/notifier-email"
[plugins.config]
from = "monitor@machine"
admins = ["root@machine"]
sendmail = "/usr/sbin/sendmail"
`;
/** What dpkg, adduser, systemd and the mail server keep for themselves. */
const OF_THE_SYSTEM = [
  /^\/var\/lib\/dpkg(?:$|\/(?:status|status-old|available|available-old|lock.*|triggers|info|updates)(?:$|\/(?:Unincorp|Lock)?$))/,
  /^\/var\/log\/(?:dpkg|alternatives)\.log$/,
  /^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^\/etc\/\.pwd\.lock$/,
  /^\/var\/spool\/postfix\/maildrop\//,
  /^\/var\/lib\/systemd\/deb-systemd-helper-enabled(?:$|\/multi-user\.target\.wants$)/,
];

const debs = new Debs();
const PLACE = '/debs';
const WITH_DEBS = { binds: [...WITH_CLONE.binds, { from: debs.directory, to: PLACE }], node: null };
let own = '';
let next = '';
let broken = '';
let fresh: Snapshot;

async function dpkg(machine: Machine, ...words: readonly string[]): Promise<string> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  return await machine.succeed(['dpkg', ...words], { env, timeoutMs: 120_000 });
}

async function tryDpkg(
  machine: Machine,
  ...words: readonly string[]
): Promise<{ exitCode: number; output: string }> {
  const { exitCode, stdout, stderr } = await machine.run(['dpkg', ...words], { timeoutMs: 120_000 });
  return { exitCode, output: stdout + stderr };
}

async function stateOf(machine: Machine): Promise<string> {
  return await machine.succeed(['dpkg-query', '--show', '--showformat=${Status}', 'memory-monitor']);
}

describe('the Debian package', () => {
  before(function () {
    this.timeout(300_000);
    if (obstacle === undefined) {
      own = debs.build();
      next = debs.build({ version: '9.9.1' });
      broken = debs.build({
        version: '9.9.2',
        change: `for file in app/run-*.mjs; do echo 'process.exit(3)' >"$file"; done`,
      });
    }
  });

  const title = 'is without a fault to lintian';
  if (obstacle !== undefined || !hasProgram('lintian')) {
    it.skip(`${title} (skipped: ${obstacle ?? 'there is no lintian here'})`);
  } else {
    it(title, () => {
      const words = ['--fail-on', 'error,warning', join(debs.directory, own)];
      const { status, stdout } = spawnSync('lintian', words, { encoding: 'utf8' });
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: '' });
    });
  }

  inMachine(
    'on a fresh Debian',
    (it) => {
      it('is installed, and the service runs as a dry run, now and at boot', async (machine) => {
        fresh = await machine.snapshot();
        await dpkg(machine, '--install', join(PLACE, own));
        expect(await show(machine, 'ActiveState')).to.equal('active');
        expect(await show(machine, 'UnitFileState')).to.equal('enabled');
        expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
        expect(await machine.read(ARMING)).to.include('dry_run = true');
        expect(await machine.succeed(['memory-monitor', 'check'])).to.include(CONFIG);
      });

      it('brings completions and pages of the manual', async (machine) => {
        const completion = `
          . /usr/share/bash-completion/completions/memory-monitor
          COMP_WORDS=(memory-monitor uninst) COMP_CWORD=1
          _memory_monitor && echo "\${COMPREPLY[@]}"`;
        expect(await machine.succeed(completion)).to.equal('uninstall\n');
        const page = await machine.succeed('zcat /usr/share/man/man8/memory-monitor-install.8.gz');
        expect(page.replaceAll('\\-', '-')).to.include('.SH "OPTIONS"').and.to.include('--dry-run');
      });

      it('is armed, and ends a hog of an ordinary user, and nobody else', async (machine) => {
        await hurry(machine);
        await machine.succeed(['memory-monitor', 'arm']);
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
        const bystander = await machine.start(['sleep', '600'], { user: 'alice' });
        const hog = await startHog(machine);
        expect(await hog.ended).to.deep.equal({ exitCode: null, signal: 'SIGTERM' });
        expect(await isRunning(machine, bystander)).to.equal(true);
        bystander.kill();
      });

      it('has that explained by journalctl -x, without being told to', async (machine) => {
        const words = ['--unit=memory-monitor', '--no-pager', 'MM_OUTCOME=terminated'];
        const told = await machine.succeed(['journalctl', '--catalog', ...words]);
        expect(told).to.match(/Subject: Process \d+ was ended, by SIGTERM/);
      });

      it('has what plugins and mail need made on the machine, by install', async (machine) => {
        await machine.write('/etc/memory-monitor/conf.d/20-mail.toml', MAIL);
        const told = await machine.succeed(['memory-monitor', 'install', '--dry-run']);
        expect(told).to.include('write  /etc/systemd/system/memory-monitor-mail.service');
        expect((await machine.run(['id', 'memory-monitor-mail'])).exitCode).to.equal(1);
        await machine.succeed(['memory-monitor', 'install']);
        const unit = await machine.read('/etc/systemd/system/memory-monitor-mail.service');
        expect(unit).to.include('/usr/lib/memory-monitor/node /usr/lib/memory-monitor/app');
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
        await machine.succeed(['systemctl', 'is-active', 'memory-monitor-mail.path']);
      });

      it('says what removes it', async (machine) => {
        const { exitCode, stderr } = await machine.run(['memory-monitor', 'uninstall']);
        expect(exitCode).to.equal(64);
        expect(stderr).to.include('sudo apt remove memory-monitor');
      });

      it('refuses to be there twice', async (machine) => {
        const bundle = `${CLONE}/packages/cli/bundle/app/memory-monitor.mjs`;
        const { exitCode, stderr } = await machine.run(['/usr/lib/memory-monitor/node', bundle, 'install']);
        expect(exitCode).to.equal(70);
        expect(stderr).to.include('It is installed as a package');
      });

      it('is not touched by an upgrade while the configuration has mistakes: the version before runs on', async (machine) => {
        const pid = await show(machine, 'MainPID');
        await machine.write(MISTAKE, '[thresholds]\nram_gb_treshold = 1\n');
        const { exitCode, output } = await tryDpkg(machine, '--install', join(PLACE, next));
        expect(exitCode).to.equal(1);
        expect(output).to.include('50-mistake.toml:2:1: unknown key "ram_gb_treshold"');
        expect(output).to.include('the version before is left to run');
        expect(await show(machine, 'MainPID')).to.equal(pid);
        expect(await show(machine, 'ActiveState')).to.equal('active');
        expect(await stateOf(machine)).to.equal('install ok installed');
        expect(await machine.succeed(['memory-monitor', '--version'])).to.not.equal('9.9.1\n');
        await machine.succeed(['rm', MISTAKE]);
      });

      it('runs as a user of its own where the admin wants that', async (machine) => {
        await machine.succeed(['memory-monitor', 'install', '--own-user']);
        expect(await show(machine, 'User')).to.equal('memory-monitor');
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      });

      it('is upgraded: armed as before, as the same user, with the configuration as it was', async (machine) => {
        await machine.succeed(`echo '# mine' >>${CONFIG}`);
        const pid = await show(machine, 'MainPID');
        await dpkg(machine, '--install', join(PLACE, next));
        expect(await machine.read(CONFIG)).to.include('# mine');
        expect(await show(machine, 'MainPID')).to.not.equal(pid);
        expect(await show(machine, 'User')).to.equal('memory-monitor');
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
        expect(await machine.succeed(['memory-monitor', '--version'])).to.equal('9.9.1\n');
        await waitFor(
          async () => (await machine.read(LOG)).includes('Memory Monitor 9.9.1 started armed'),
          'its start',
        );
        const hog = await startHog(machine);
        expect(await hog.ended).to.deep.equal({ exitCode: null, signal: 'SIGTERM' });
      });

      it('says so when a new version does not start; the one before brings it back, as it was', async (machine) => {
        const { exitCode, output } = await tryDpkg(machine, '--install', join(PLACE, broken));
        expect(exitCode).to.equal(1);
        expect(output).to.include('"Start the service" failed');
        expect(await stateOf(machine)).to.equal('install ok half-configured');
        await dpkg(machine, '--install', join(PLACE, next));
        expect(await show(machine, 'ActiveState')).to.equal('active');
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      });

      it('leaves a service stopped that was stopped', async (machine) => {
        await machine.succeed(['systemctl', 'disable', '--now', 'memory-monitor']);
        await dpkg(machine, '--install', join(PLACE, next));
        expect(await show(machine, 'ActiveState')).to.equal('inactive');
        expect(await show(machine, 'UnitFileState')).to.equal('disabled');
        await machine.succeed(['systemctl', 'enable', '--now', 'memory-monitor']);
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      });

      it('is removed: nothing runs, and the configuration stays', async (machine) => {
        await dpkg(machine, '--remove', 'memory-monitor');
        expect((await machine.run('pgrep -f /usr/lib/memory-monitor')).stdout).to.equal('');
        expect(await show(machine, 'LoadState')).to.equal('not-found');
        expect((await machine.run(['systemctl', 'cat', 'memory-monitor-mail.path'])).exitCode).to.equal(1);
        expect(await machine.read(CONFIG)).to.include('# mine');
        expect((await machine.run(['ls', '/run/memory-monitor', ARMING])).stdout).to.equal('');
        expect(await machine.succeed(['journalctl', '--list-catalog'])).to.not.include('Memory Monitor');
      });

      it('is a dry run when it comes back, with the configuration as it was left', async (machine) => {
        await dpkg(machine, '--install', join(PLACE, next));
        expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
        expect(await machine.read(CONFIG)).to.include('# mine');
      });

      it('leaves nothing when it is purged', async (machine) => {
        await dpkg(machine, '--purge', 'memory-monitor');
        const { added, removed, changed } = compareSnapshots(fresh, await machine.snapshot(), {
          except: OF_THE_SYSTEM,
        });
        expect({ added, removed, changed }).to.deep.equal({ added: [], removed: [], changed: [] });
        expect((await machine.run(['systemctl', 'status', 'memory-monitor'])).exitCode).to.equal(4);
        for (const user of ['memory-monitor', 'memory-monitor-mail']) {
          expect((await machine.run(['id', user])).exitCode, user).to.equal(1);
        }
      });
    },
    WITH_DEBS,
  );

  inMachine(
    'where it was installed in /opt',
    (it) => {
      it('is refused, in a sentence that says what to do, and nothing is changed', async (machine) => {
        await machine.succeed(['bash', `${CLONE}/installer.sh`, '--armed']);
        await machine.succeed(`echo '# mine' >>${CONFIG}`);
        const { exitCode, output } = await tryDpkg(machine, '--install', join(PLACE, own));
        expect(exitCode).to.equal(1);
        expect(output).to.include('run "sudo memory-monitor uninstall" first');
        expect(await show(machine, 'ActiveState')).to.equal('active');
        expect(await show(machine, 'StatusText')).to.match(/^Armed/);
        expect((await machine.run('ls /usr/lib/memory-monitor')).exitCode).to.equal(2);
      });

      it('takes over the configuration that an uninstallation has left, as a dry run', async (machine) => {
        await machine.succeed(['memory-monitor', 'uninstall']);
        await dpkg(machine, '--install', join(PLACE, own));
        expect(await machine.read(CONFIG)).to.include('# mine');
        expect((await machine.run(['ls', `${CONFIG}.kept`])).exitCode).to.equal(2);
        expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
      });
    },
    { binds: WITH_DEBS.binds },
  );
});
