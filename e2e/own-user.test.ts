// The service as a user of its own, with two capabilities instead of root: what it does as root it does as that user, or says that it can't.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Background, Machine } from './support/machine.js';
import {
  BUNDLE,
  CLONE,
  exposure,
  hurry,
  installArmed,
  isRunning,
  kernelMeans,
  LOG,
  logged,
  show,
  startHog,
  WITH_CLONE,
} from './support/service.js';
import { compareSnapshots, type Snapshot } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

const USER = 'memory-monitor';
const SETTINGS = '/etc/memory-monitor/conf.d/15-settings.toml';
const PLUGINS = '/etc/memory-monitor/conf.d/20-plugins.toml';
const MAIL = '/etc/memory-monitor/conf.d/30-mail.toml';
const PLUGIN = '/etc/memory-monitor/plugins/mine.ts';
const STATE = '/var/lib/memory-monitor';
const SPOOL = '/var/spool/memory-monitor';
/** Of the unit without any plugin; as root it scores 1.3. */
const MOST_EXPOSED = 1.1;
/** CAP_KILL is bit 5, CAP_SYS_PTRACE bit 19. */
const CAPABILITIES = '0000000000080020';
/** What the programs that make and remove users keep for themselves. */
const OF_THE_SYSTEM = [
  /^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^\/etc\/\.pwd\.lock$/,
  /^\/var\/(?:spool|lib)\/postfix(?:\/|$)/,
  /^\/var\/mail(?:\/|$)/,
  /^\/tmp(?:\/|$)/,
];

const plugin = (user: string): string => `import { definePlugin } from '@memory-monitor/core';

export default definePlugin({
  name: 'mine',
  apiVersion: 1,
  setup(host) {
    host.decide(({ process }) =>
      process.user === '${user}' ? { verdict: { action: 'spare' }, reason: '${user} is the boss' } : undefined,
    );
  },
});
`;
const configured = (isolate: boolean): string =>
  `[[plugins]]\nuse = "plugins/mine.ts"\nisolate = ${String(isolate)}\n`;

async function statusOf(machine: Machine, pid: string | number): Promise<Record<string, string>> {
  const lines = (await machine.read(`/proc/${pid}/status`)).split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split(':\t')).map(([name = '', value = '']) => [name, value]),
  );
}

async function ownerOf(machine: Machine, path: string): Promise<string> {
  return (await machine.succeed(['stat', '--format=%a %U:%G', path])).trim();
}

/** What the journal says of the end of a process, besides what its parent has seen. */
async function toldOf(machine: Machine, { pid }: Background): Promise<string[]> {
  return (await logged(machine, `PID=${pid},`)).filter((line) => /terminated|force-killed/.test(line));
}

async function expectEnded(machine: Machine, hog: Background, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  expect(await hog.ended).to.deep.equal({ exitCode: null, signal });
  await waitFor(async () => (await toldOf(machine, hog)).length > 0, 'its line in the log');
}

async function reload(machine: Machine): Promise<void> {
  const count = async (): Promise<number> => (await logged(machine, 'Configuration reloaded')).length;
  const before = await count();
  await machine.succeed(['systemctl', 'reload', USER]);
  await waitFor(async () => (await count()) > before, 'the reload');
}

let before: Snapshot;

inMachine(
  'the service as a user of its own',
  (it) => {
    it('comes to be where it ran as root: state, log and all are handed over', async (machine) => {
      before = await machine.snapshot();
      await installArmed(machine);
      await expectEnded(machine, await startHog(machine), 'SIGTERM');
      expect(await ownerOf(machine, LOG)).to.equal('640 root:adm');
      const told = await machine.succeed(['memory-monitor', 'install', '--own-user', '--dry-run']);
      expect(told)
        .to.include('run    systemd-sysusers /etc/sysusers.d/memory-monitor.conf')
        .and.to.include('write  /etc/systemd/system/memory-monitor.service.d/40-own-user.conf');
      expect((await machine.run(['id', USER])).exitCode).to.equal(1);
      const output = await machine.succeed(['memory-monitor', 'install', '--own-user']);
      expect(output)
        .to.include('Make the user memory-monitor')
        .and.to.include('Let the service run as that user');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      expect(await ownerOf(machine, LOG)).to.equal('640 memory-monitor:adm');
      expect(await ownerOf(machine, STATE)).to.equal('700 memory-monitor:memory-monitor');
      expect(await machine.succeed(`find ${STATE} /run/memory-monitor ! -user ${USER}`)).to.equal('');
      expect(await logged(machine, 'can not be opened')).to.deep.equal([]);
    });

    it('is that user and no other, with what reading and signalling need, and no more', async (machine) => {
      const uid = (await machine.succeed(['id', '--user', USER])).trim();
      const gid = (await machine.succeed(['id', '--group', USER])).trim();
      const status = await statusOf(machine, await show(machine, 'MainPID'));
      expect(Number(uid)).to.be.within(1, 999);
      expect(status).to.include({
        Uid: Array.from({ length: 4 }, () => uid).join('\t'),
        Gid: Array.from({ length: 4 }, () => gid).join('\t'),
        CapEff: CAPABILITIES,
        CapPrm: CAPABILITIES,
        CapBnd: CAPABILITIES,
        NoNewPrivs: '1',
      });
      expect((status['Groups'] ?? '').trim().split(' ')).to.deep.equal([gid]);
      expect(await machine.succeed(['getent', 'passwd', USER])).to.match(/:\/:\/\S*nologin\n$/);
    });

    it('is exposed less than as root', async (machine) => {
      const level = await exposure(machine);
      process.stdout.write(`    systemd-analyze security: ${level}\n`);
      expect(level).to.be.at.most(MOST_EXPOSED);
    });

    it('has every means of the kernel in there', async (machine) => {
      const { names, missing } = await kernelMeans(machine);
      expect(missing).to.deep.equal([]);
      expect(names).to.include.members(['pidfd', 'process_mrelease']);
    });

    it('ends the hogs of other users, by SIGTERM and by SIGKILL, and nobody else', async (machine) => {
      const bystander = await machine.start(['sleep', '600'], { user: 'alice' });
      await expectEnded(machine, await startHog(machine, { user: 'bob' }), 'SIGTERM');
      await expectEnded(machine, await startHog(machine, { user: 'alice', isStubborn: true }), 'SIGKILL');
      expect(await isRunning(machine, bystander)).to.equal(true);
      bystander.kill();
      await bystander.ended;
    });

    it("spares root's processes where root is whitelisted, and ends them where it is not", async (machine) => {
      const spared = await startHog(machine, { user: 'root' });
      const explained = await machine.succeed(['memory-monitor', 'explain', String(spared.pid)]);
      expect(explained)
        .to.include('(as the running monitor sees it)')
        .and.to.match(/whitelist/);
      await machine.succeed(`sed -i 's/^users = .*/users = []/' /etc/memory-monitor/config.toml`);
      expect(await isRunning(machine, spared)).to.equal(true);
      await reload(machine);
      await expectEnded(machine, spared, 'SIGTERM');
      await machine.succeed(`sed -i 's/^users = .*/users = ["root"]/' /etc/memory-monitor/config.toml`);
      await reload(machine);
    });

    it('sees by which program another user runs, whatever that calls itself', async (machine) => {
      await machine.write(SETTINGS, '[whitelist]\nnames = ["precious"]\n');
      await reload(machine);
      await machine.succeed('cp $(readlink -f /usr/bin/python3) /usr/local/bin/precious');
      const program = `
import time
open('/proc/self/comm', 'w').write('other')
block = bytearray(300 << 20)
print('ready', flush=True)
time.sleep(600)`;
      const precious = await machine.start(['/usr/local/bin/precious', '-c', program], { user: 'alice' });
      await waitFor(() => precious.stdout().includes('ready'), 'its memory');
      await expectEnded(machine, await startHog(machine, { user: 'bob' }), 'SIGTERM');
      expect(await isRunning(machine, precious)).to.equal(true);
      expect(await machine.read(`/proc/${precious.pid}/comm`)).to.equal('other\n');
      precious.kill();
      await precious.ended;
      await machine.succeed(['rm', '/usr/local/bin/precious']);
    });

    it('measures the exact share of what another user has in memory', async (machine) => {
      await machine.write(SETTINGS, '[settings]\nmeasure = "pss"\n');
      await reload(machine);
      await expectEnded(machine, await startHog(machine, { user: 'alice' }), 'SIGTERM');
      await machine.succeed(['rm', SETTINGS]);
      await reload(machine);
    });

    it('answers root and itself, and nobody else', async (machine) => {
      const socket = '/run/memory-monitor/control.sock';
      expect(await ownerOf(machine, socket)).to.equal('600 memory-monitor:memory-monitor');
      expect(await machine.succeed(['memory-monitor', 'status'])).to.match(/, armed, for /);
      const ask = async (user: string): Promise<number | null> =>
        (
          await machine.run(
            `setpriv --reuid=${user} --regid=${user} --clear-groups memory-monitor status --socket ${socket}`,
          )
        ).exitCode;
      expect(await ask(USER)).to.equal(0);
      expect(await ask('alice')).to.equal(77);
    });

    it('is disarmed and armed again', async (machine) => {
      expect(await machine.succeed(['memory-monitor', 'disarm'])).to.include('dry run');
      const hog = await startHog(machine);
      await waitFor(
        async () => (await logged(machine, `Would kill process: PID=${hog.pid}`)).length > 0,
        'the line of the dry run',
      );
      expect(await isRunning(machine, hog)).to.equal(true);
      expect(await machine.succeed(['memory-monitor', 'arm'])).to.include('armed');
      await expectEnded(machine, hog, 'SIGTERM');
    });

    it('tells a kill in the journal, as that user, with its facts as fields', async (machine) => {
      const uid = (await machine.succeed(['id', '--user', USER])).trim();
      const entries = await machine.journal(`_UID=${uid}`, 'MM_EVENT=kill', 'MM_OUTCOME=terminated');
      expect(entries.map(({ MM_USER }) => MM_USER)).to.include.members(['alice', 'bob', 'root']);
    });

    it('goes on with its log after a rotation, whose owner and mode are as before', async (machine) => {
      await machine.succeed(['logrotate', '--force', '/etc/logrotate.d/memory-monitor']);
      await waitFor(
        async () => (await machine.read(LOG)).includes('Configuration reloaded'),
        'a line in the new file',
      );
      expect(await ownerOf(machine, LOG)).to.equal('640 memory-monitor:adm');
      expect(await ownerOf(machine, `${LOG}.1`)).to.equal('640 memory-monitor:adm');
      const hog = await startHog(machine);
      await expectEnded(machine, hog, 'SIGTERM');
      expect(await machine.read(LOG)).to.include(`Process terminated: PID=${hog.pid}`);
    });

    it('has its log again after a restart where somebody has removed it', async (machine) => {
      await machine.succeed(`rm ${LOG} && systemctl restart ${USER}`);
      expect(await ownerOf(machine, LOG)).to.equal('640 memory-monitor:adm');
      expect(await logged(machine, 'can not be opened')).to.deep.equal([]);
    });

    it('compiles a plugin into its own directory, where root does not look for code', async (machine) => {
      await machine.write(PLUGIN, plugin('alice'));
      await machine.write(PLUGINS, configured(false));
      expect(await machine.succeed(['memory-monitor', 'check'])).to.match(/armed; .*, 1 plugin\.\n$/);
      await reload(machine);
      expect(await ownerOf(machine, `${STATE}/plugins`)).to.equal('700 memory-monitor:memory-monitor');
      expect(await machine.succeed(`find ${STATE} /run/memory-monitor ! -user ${USER}`)).to.equal('');
      const hog = await startHog(machine, { user: 'alice' });
      await waitFor(
        async () =>
          (await logged(machine, `PID=${hog.pid}`)).some((line) => line.endsWith('alice is the boss')),
        'the decision',
      );
      expect(await isRunning(machine, hog)).to.equal(true);
      hog.kill();
      await hog.ended;
    });

    it('notes in /run what runs, for the one after it', async (machine) => {
      expect(await ownerOf(machine, '/run/memory-monitor/running')).to.equal(
        '600 memory-monitor:memory-monitor',
      );
      const pid = await show(machine, 'MainPID');
      await machine.succeed(['systemctl', 'kill', '--signal=KILL', USER]);
      await waitFor(
        async () =>
          ![pid, '0'].includes(await show(machine, 'MainPID')) &&
          (await show(machine, 'ActiveState')) === 'active',
        'its return',
      );
      expect(await ownerOf(machine, '/run/memory-monitor/crashes.json')).to.match(/^600 memory-monitor:/);
    });

    it('refuses a plugin that somebody else could change: it has capabilities, if not root', async (machine) => {
      await machine.succeed(['chown', 'bob', PLUGIN]);
      await machine.succeed(['systemctl', 'reload', USER]);
      await waitFor(
        async () =>
          (await logged(machine, 'Configuration not reloaded')).some((line) =>
            line.includes('belongs to user'),
          ),
        'the refusal',
      );
      expect((await machine.run(['memory-monitor', 'check'])).exitCode).to.equal(77);
      await machine.succeed(['chown', 'root', PLUGIN]);
      await reload(machine);
    });

    it('refuses to isolate a plugin until "install" has let it, in one sentence', async (machine) => {
      await machine.write(PLUGINS, configured(true));
      expect(await machine.succeed(['memory-monitor', 'check'])).to.match(
        /^warning: plugins: mine is isolated, and .* run "sudo memory-monitor install" again/m,
      );
      await machine.succeed(['systemctl', 'reload', USER]);
      await waitFor(
        async () => (await logged(machine, 'CAP_SETUID')).some((line) => line.includes('not reloaded')),
        'the refusal',
      );
    });

    it('isolates it then, as another user, who has none of its capabilities', async (machine) => {
      await machine.succeed(['memory-monitor', 'install']);
      expect(await machine.succeed(['memory-monitor', 'check'])).to.not.include('isolated');
      const listed = await machine.succeed(['memory-monitor', 'plugins', '--json']);
      const [{ isolation }] = JSON.parse(listed) as [{ isolation: { pid: number; state: string } }];
      expect(isolation.state).to.equal('running');
      const status = await statusOf(machine, isolation.pid);
      expect(Number(/^\d+/.exec(status['Uid'] ?? '')?.[0])).to.be.within(61_184, 65_519);
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
        expect(status[set], set).to.equal('0'.repeat(16));
      }
      await machine.succeed(['kill', '-9', String(isolation.pid)]);
      await waitFor(
        async () => (await machine.succeed(['memory-monitor', 'plugins'])).includes('started again 1 times'),
        'its restart',
      );
      const hog = await startHog(machine, { user: 'alice' });
      await waitFor(
        async () =>
          (await logged(machine, `PID=${hog.pid}`)).some((line) => line.endsWith('alice is the boss')),
        'the decision',
      );
      hog.kill();
      await hog.ended;
      await machine.succeed(['rm', PLUGINS]);
      await machine.succeed(['memory-monitor', 'install']);
      expect((await statusOf(machine, await show(machine, 'MainPID')))['CapEff']).to.equal(CAPABILITIES);
    });

    it('has its mail delivered by the other user', async (machine) => {
      await machine.succeed(['systemctl', 'start', 'postfix']);
      await machine.write(
        MAIL,
        '[[plugins]]\nuse = "@memory-monitor/notifier-email"\nconfig.admins = ["root"]\nconfig.digest_minutes = 0\n',
      );
      await machine.succeed(['memory-monitor', 'install']);
      expect(await ownerOf(machine, `${SPOOL}/new`)).to.equal('2750 memory-monitor:memory-monitor-mail');
      expect(await machine.succeed(['memory-monitor', 'check'])).to.not.include('can not be put');
      const hog = await startHog(machine);
      await hog.ended;
      await waitFor(
        async () => (await machine.run(`grep -F 'PID ${hog.pid}' /var/mail/root`)).exitCode === 0,
        'a mail to root',
      );
    });

    it('says of what it can not read, and of a log that it can not write, what to do about it', async (machine) => {
      await machine.write(SETTINGS, '[settings]\nlog_file = "/var/log/elsewhere.log"\n', '0600');
      const checked = await machine.succeed(['memory-monitor', 'check']);
      expect(checked).to.include(
        `warning: ${SETTINGS} can not be read by memory-monitor, the user that the service runs as; run "chgrp memory-monitor ${SETTINGS} && chmod g+r ${SETTINGS}".`,
      );
      expect(checked).to.include(
        'warning: settings.log_file: memory-monitor, the user that the service runs as, can not',
      );
      const pid = await show(machine, 'MainPID');
      const { exitCode, stderr } = await machine.run(['memory-monitor', 'install']);
      expect(exitCode).to.equal(70);
      expect(stderr).to.include(`run "chgrp memory-monitor ${SETTINGS} && chmod g+r ${SETTINGS}"`);
      expect(await show(machine, 'MainPID')).to.equal(pid);
      await machine.succeed(`chgrp memory-monitor ${SETTINGS} && chmod g+r ${SETTINGS}`);
      await machine.succeed(['memory-monitor', 'install']);
      expect(await ownerOf(machine, '/var/log/elsewhere.log')).to.equal('640 memory-monitor:adm');
      expect(await machine.read('/var/log/elsewhere.log')).to.include('started armed');
      expect(await machine.succeed(['memory-monitor', 'check'])).to.not.include(
        'the user that the service runs as',
      );
      await machine.succeed(`rm ${SETTINGS} /var/log/elsewhere.log`);
    });

    it('stays so by an upgrade, and by one that is rolled back', async (machine) => {
      await machine.succeed(['bash', `${CLONE}/installer.sh`]);
      expect(await show(machine, 'User')).to.equal(USER);
      await machine.succeed(
        `cp -r ${BUNDLE} /tmp/broken && cd /tmp/broken && for file in app/run-*.mjs; do echo 'process.exit(3)' >"$file"; done`,
      );
      const broken = ['node', '/tmp/broken/app/memory-monitor.mjs', 'install'];
      for (const options of [[], ['--as-root']]) {
        const { exitCode, stdout } = await machine.run([...broken, ...options]);
        expect(exitCode).to.equal(70);
        expect(stdout).to.include('The version before is running again.');
        expect(await show(machine, 'User')).to.equal(USER);
        expect(await ownerOf(machine, LOG)).to.equal('640 memory-monitor:adm');
        expect(await ownerOf(machine, `${SPOOL}/new`)).to.equal('2750 memory-monitor:memory-monitor-mail');
        await expectEnded(machine, await startHog(machine), 'SIGTERM');
      }
    });

    it('refuses to be both', async (machine) => {
      const { exitCode, stderr } = await machine.run([
        'memory-monitor',
        'install',
        '--own-user',
        '--as-root',
      ]);
      expect(exitCode).to.equal(64);
      expect(stderr).to.include('exclude each other');
    });

    it('runs as root again when it is told to: state, log and mail are handed back', async (machine) => {
      await machine.write(PLUGINS, configured(false));
      expect(await machine.succeed(['memory-monitor', 'install', '--as-root'])).to.include(
        'Let the service run as root again',
      );
      const status = await statusOf(machine, await show(machine, 'MainPID'));
      expect(status).to.include({ Uid: '0\t0\t0\t0', CapEff: CAPABILITIES });
      expect(await ownerOf(machine, LOG)).to.equal('640 root:adm');
      expect(await machine.succeed(`find ${STATE} /run/memory-monitor ${SPOOL}/new -user ${USER}`)).to.equal(
        '',
      );
      expect(await machine.succeed(['memory-monitor', 'check'])).to.match(/2 plugins\.\n$/);
      const hog = await startHog(machine, { user: 'bob' });
      await expectEnded(machine, hog, 'SIGTERM');
      await waitFor(
        async () => (await machine.run(`grep -F 'PID ${hog.pid}' /var/mail/root`)).exitCode === 0,
        'a mail to root',
      );
      await machine.succeed(['bash', `${CLONE}/installer.sh`]);
      expect(await show(machine, 'User')).to.equal('');
    });

    it('goes back to root by itself where the first version for that user does not come up', async (machine) => {
      const { exitCode, stderr } = await machine.run([
        'node',
        '/tmp/broken/app/memory-monitor.mjs',
        'install',
        '--own-user',
      ]);
      expect(exitCode).to.equal(70);
      expect(stderr).to.include('taken back: Let the service run as that user');
      expect(await show(machine, 'User')).to.equal('');
      expect(await ownerOf(machine, LOG)).to.equal('640 root:adm');
      await expectEnded(machine, await startHog(machine, { user: 'bob' }), 'SIGTERM');
    });

    it('leaves logs to root when it is uninstalled, and the user is gone', async (machine) => {
      await machine.succeed(['memory-monitor', 'install', '--own-user']);
      await machine.succeed(['memory-monitor', 'uninstall']);
      expect((await machine.run(['id', USER])).exitCode).to.equal(1);
      expect(await machine.succeed(`stat --format=%U:%G ${LOG}*`)).to.match(/^(?:root:adm\n)+$/);
      expect(await machine.succeed('find /etc -path "*.d/memory-monitor.conf"')).to.equal('');
    });

    it('can be that from the first moment, as a dry run, and leaves nothing when it is purged', async (machine) => {
      await machine.succeed(['rm', MAIL, PLUGINS]);
      await machine.succeed(['bash', `${CLONE}/installer.sh`, '--own-user']);
      expect(await show(machine, 'User')).to.equal(USER);
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
      await hurry(machine);
      await machine.succeed(['memory-monitor', 'uninstall', '--purge']);
      const { added, removed, changed } = compareSnapshots(before, await machine.snapshot(), {
        except: OF_THE_SYSTEM,
      });
      expect({ added, removed, changed }).to.deep.equal({ added: [], removed: [], changed: [] });
      expect((await machine.run(['id', USER])).exitCode).to.equal(1);
      expect((await machine.run(['systemctl', 'status', USER])).exitCode).to.equal(4);
      expect(await machine.succeed('ls /run')).to.not.include('memory-monitor');
    });
  },
  WITH_CLONE,
);
