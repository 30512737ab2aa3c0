// New versions (this one under other numbers: nothing was released before it), broken ones, and the Python service that was there before.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { BUNDLE, CLONE, install, LOG, logged, show, WITH_CLONE } from './support/service.js';
import { compareSnapshots } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

/** Another version of the program, made from this one. */
async function makeVersion(machine: Machine, version: string, change = 'true'): Promise<string> {
  const directory = `/tmp/${version}`;
  await machine.succeed(`
    cp -r ${BUNDLE} ${directory}
    sed -i 's/"version": "[^"]*"/"version": "${version}"/' ${directory}/package.json
    cd ${directory} && ${change}`);
  return `${directory}/app/memory-monitor.mjs`;
}

inMachine(
  'an upgrade',
  (it) => {
    it('runs the new version, as armed as the old one was', async (machine) => {
      const next = await makeVersion(machine, '9.9.1');
      await install(machine);
      await machine.succeed(['memory-monitor', 'arm']);
      expect(await machine.succeed(['node', next, 'install'])).to.include('version 9.9.1, was ');
      expect(await machine.succeed(['memory-monitor', '--version'])).to.equal('9.9.1\n');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      await waitFor(
        async () => (await logged(machine, 'Memory Monitor 9.9.1 started armed')).length === 1,
        'its start',
      );
    });

    it('that does not come up is rolled back: the version before runs on, and one message says why', async (machine) => {
      const broken = await makeVersion(
        machine,
        '9.9.2',
        `for file in app/run-*.mjs; do echo 'process.exit(3)' >"$file"; done`,
      );
      const { exitCode, stdout, stderr } = await machine.run(['node', broken, 'install']);
      expect(exitCode).to.equal(70);
      expect(stdout).to.include('The version before is running again.');
      expect(stderr).to.include('MM_ERR_INSTALL').and.to.include('taken back: Copy the program');
      expect(await machine.succeed(['memory-monitor', '--version'])).to.equal('9.9.1\n');
      expect(await show(machine, 'ActiveState')).to.equal('active');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
    });

    it('leaves a service stopped that was stopped', async (machine) => {
      await machine.succeed(['systemctl', 'disable', '--now', 'memory-monitor']);
      expect(await install(machine)).to.include('it was stopped, and stays so');
      expect(await show(machine, 'ActiveState')).to.equal('inactive');
      expect((await machine.run(['systemctl', 'is-enabled', 'memory-monitor'])).stdout).to.equal(
        'disabled\n',
      );
      const next = '/tmp/9.9.1/app/memory-monitor.mjs';
      await machine.succeed(`node ${next} install && systemctl enable --now memory-monitor`);
    });

    it('is refused while the configuration has mistakes, and changes nothing', async (machine) => {
      const pid = await show(machine, 'MainPID');
      await machine.write(
        '/etc/memory-monitor/conf.d/50-mistake.toml',
        '[thresholds]\nram_gb_treshold = 1\n',
      );
      const { exitCode, stderr } = await machine.run(['bash', `${CLONE}/installer.sh`]);
      expect(exitCode).to.equal(78);
      expect(stderr).to.include('50-mistake.toml:2:1: unknown key "ram_gb_treshold"');
      expect(await show(machine, 'MainPID')).to.equal(pid);
      await machine.succeed(['rm', '/etc/memory-monitor/conf.d/50-mistake.toml']);
    });

    it('that fails half way says what was done and takes it back', async (machine) => {
      await machine.succeed(
        'rm /usr/local/bin/memory-monitor && mkdir -p /usr/local/bin/memory-monitor/in-the-way',
      );
      const { exitCode, stdout, stderr } = await machine.run(['bash', `${CLONE}/installer.sh`]);
      expect(exitCode).to.equal(70);
      expect(stdout).to.include('[2/10] Make the command /usr/local/bin/memory-monitor: FAILED');
      expect(stderr).to.include('taken back: Copy the program').and.to.include('uninstall --purge');
      expect(await machine.read('/opt/memory-monitor/current/package.json')).to.include('9.9.1');
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });
  },
  WITH_CLONE,
);

const PYTHON_UNIT = `[Unit]
Description=Memory Monitor Service
[Service]
ExecStart=/usr/bin/python3 /opt/memory-monitor/memory_monitor.py
Restart=always
[Install]
WantedBy=multi-user.target
`;

const PYTHON_CONFIG = `[thresholds]
ram_percent_threshold = 12.5
ram_gb_threshold = 3.0
check_interval = 20

[whitelist]
pids = [1]
names = ["systemd", "kernel"]
users = ["root"]

[settings]
dry_run = false
log_file = "${LOG}"
enable_syslog = true
`;

inMachine(
  'the Python service',
  (it) => {
    it('is stopped, and its configuration taken over, as a dry run', async (machine) => {
      await machine.write('/opt/memory-monitor/memory_monitor.py', 'import time\ntime.sleep(1e6)\n');
      await machine.write('/opt/memory-monitor/config.toml', PYTHON_CONFIG);
      await machine.write('/etc/systemd/system/memory-monitor.service', PYTHON_UNIT);
      await machine.succeed('systemctl daemon-reload && systemctl enable --now memory-monitor');
      const pythonPid = await show(machine, 'MainPID');
      expect(await install(machine)).to.include("taken over from the Python service's");
      expect((await machine.run(['kill', '-0', pythonPid])).exitCode).to.not.equal(0);
      expect(await machine.read('/etc/memory-monitor/config.toml')).to.equal(PYTHON_CONFIG);
      expect(await machine.succeed(['readlink', '/opt/memory-monitor/config.toml'])).to.equal(
        '/etc/memory-monitor/config.toml\n',
      );
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
      expect(await logged(machine, 'or 3GB by rss, every 20 s')).to.have.lengthOf(1);
    });
  },
  WITH_CLONE,
);

inMachine(
  'the installer',
  (it) => {
    it('says so where there is no Node', async (machine) => {
      const { exitCode, stderr } = await machine.run(`PATH=/usr/bin:/bin bash ${CLONE}/installer.sh`);
      expect(exitCode).to.equal(69);
      expect(stderr).to.match(
        /^installer\.sh: there is no Node on this machine; install Node 20\.19\.0 or later/,
      );
    });

    it('says so where Node is too old', async (machine) => {
      await machine.write('/tmp/old/node', '#!/bin/sh\necho 18.19.0\n', '0755');
      const { exitCode, stderr } = await machine.run(`PATH=/tmp/old:$PATH bash ${CLONE}/installer.sh`);
      expect(exitCode).to.equal(69);
      expect(stderr).to.match(/^installer\.sh: Node 18\.19\.0 at \/tmp\/old\/node is too old/);
    });

    it('says so where it is not run by root', async (machine) => {
      const { exitCode, stderr } = await machine.runAs('alice', ['bash', `${CLONE}/installer.sh`]);
      expect(exitCode).to.equal(77);
      expect(stderr).to.equal('installer.sh: only root can install a service; run: sudo bash installer.sh\n');
    });

    it('takes everything back when a first installation fails', async (machine) => {
      const before = await machine.snapshot();
      const broken = await makeVersion(
        machine,
        '9.9.3',
        `for file in app/run-*.mjs; do echo 'process.exit(3)' >"$file"; done`,
      );
      const { exitCode, stderr } = await machine.run(['node', broken, 'install']);
      expect(exitCode).to.equal(70);
      expect(stderr).to.include('taken back: Copy the program');
      const { added, removed, changed } = compareSnapshots(before, await machine.snapshot(), {
        except: [
          /^\/tmp(?:\/|$)/,
          /^\/etc\/memory-monitor(?:$|\/conf\.d$|\/plugins$)/,
          /^\/opt\/memory-monitor(?:$|\/config\.toml$)/,
        ],
      });
      expect({ added, removed, changed }).to.deep.equal({ added: [], removed: [], changed: [] });
    });

    it('copies a Node that lies in a home, where the service could not see it', async (machine) => {
      await machine.succeed('mkdir -p /root/.nvm && cp /usr/local/bin/node /root/.nvm/node');
      await machine.succeed(`PATH=/root/.nvm:$PATH bash ${CLONE}/installer.sh`);
      expect(await show(machine, 'ExecStart')).to.include('/opt/memory-monitor/node');
      expect(await show(machine, 'ActiveState')).to.equal('active');
      expect(await machine.succeed(['memory-monitor', '--version'])).to.match(/^\d/);
      // The command runs with that copy: an installation by it must not pull it from under itself.
      await machine.succeed(['memory-monitor', 'install']);
      expect(await show(machine, 'ActiveState')).to.equal('active');
      await machine.succeed(['memory-monitor', 'uninstall', '--purge']);
    });
  },
  WITH_CLONE,
);
