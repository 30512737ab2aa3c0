// Trials by fire of the installed service: it is killed in the middle of a kill, plugins end it, and what it stands on is missing.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Background, Machine } from './support/machine.js';
import { installArmed, isRunning, LOG, logged, show, startHog, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

const PLUGINS = '/etc/memory-monitor/conf.d/20-plugins.toml';
const PLUGIN = '/etc/memory-monitor/plugins/trial.mjs';
const DROP_INS = '/etc/systemd/system/memory-monitor.service.d';
/** So that what takes minutes takes seconds: nothing else of the unit is changed. */
const HASTE = '[Service]\nRestartSec=1\nWatchdogSec=6\n';

async function installForTrials(machine: Machine): Promise<void> {
  await installArmed(machine);
  await machine.write(`${DROP_INS}/haste.conf`, HASTE);
  await restart(machine);
}

async function restart(machine: Machine): Promise<void> {
  await machine.succeed(['systemctl', 'daemon-reload']);
  await machine.succeed(['systemctl', 'restart', 'memory-monitor'], { timeoutMs: 120_000 });
}

async function usePlugin(machine: Machine, setup: string): Promise<void> {
  const text = `import { definePlugin } from '@memory-monitor/core';
export default definePlugin({ name: 'trial', apiVersion: 1, setup(host) { ${setup} } });
`;
  await machine.write(PLUGIN, text);
  await machine.write(PLUGINS, '[[plugins]]\nuse = "plugins/trial.mjs"\n');
}

async function useNoPlugin(machine: Machine): Promise<void> {
  await machine.succeed(['rm', '--force', PLUGIN, PLUGINS]);
}

async function killMonitor(machine: Machine): Promise<void> {
  const pid = await show(machine, 'MainPID');
  await machine.succeed(['kill', '-9', pid]);
  await waitFor(
    async () =>
      !['0', pid].includes(await show(machine, 'MainPID')) &&
      (await show(machine, 'ActiveState')) === 'active',
    'the restart',
    60_000,
  );
}

/** The lines that tell the end of a process. */
async function endingsOf(machine: Machine, { pid }: Background): Promise<string[]> {
  const lines = await logged(machine, `PID=${pid},`);
  return lines.filter((line) =>
    /Process (?:terminated|force-killed|vanished)|interrupted .* is gone/.test(line),
  );
}

async function expectToldOnce(machine: Machine, hog: Background): Promise<void> {
  await waitFor(async () => (await endingsOf(machine, hog)).length > 0, 'the end to be told');
  expect(await endingsOf(machine, hog)).to.have.lengthOf(1);
}

inMachine(
  'a monitor that is killed in the middle of a kill',
  (it) => {
    it('while it decides: it is back and decides again, and the process is ended and told once', async (machine) => {
      await installForTrials(machine);
      await usePlugin(
        machine,
        `host.decide(async () => {
           host.logger.warn('deciding');
           await new Promise((resolve) => setTimeout(resolve, 900));
         });`,
      );
      await restart(machine);
      const hog = await startHog(machine);
      await waitFor(async () => (await logged(machine, '[trial] deciding')).length > 0, 'the question');
      await killMonitor(machine);
      expect(await hog.ended).to.include({ signal: 'SIGTERM' });
      await expectToldOnce(machine, hog);
      await useNoPlugin(machine);
      await restart(machine);
    });

    it('in the grace period: it is back, says so, and sends the SIGKILL', async (machine) => {
      const bystander = await machine.start(['sleep', '600'], { user: 'bob' });
      const hog = await startHog(machine, { isStubborn: true });
      await waitFor(
        async () => (await logged(machine, `Killing process: PID=${hog.pid},`)).length === 1,
        'SIGTERM',
      );
      expect(await isRunning(machine, hog)).to.equal(true);
      await killMonitor(machine);
      expect(await hog.ended).to.include({ signal: 'SIGKILL' });
      await expectToldOnce(machine, hog);
      const told = await logged(
        machine,
        'The last run was interrupted while it ended a process, which is still running',
      );
      expect(told.filter((line) => line.includes(`PID=${hog.pid},`))).to.have.lengthOf(1);
      expect(await isRunning(machine, bystander)).to.equal(true);
      bystander.kill();
    });

    for (const afterMs of [0, 300, 700, 1500, 1900, 2100]) {
      it(`${afterMs} ms after it has begun: the process is ended, and told once`, async (machine) => {
        const hog = await startHog(machine, { isStubborn: true });
        await waitFor(async () => (await logged(machine, `PID=${hog.pid},`)).length > 0, 'the first word');
        await machine.succeed(`sleep ${afterMs / 1000}`);
        await killMonitor(machine);
        expect(await hog.ended).to.include({ signal: 'SIGKILL' });
        await expectToldOnce(machine, hog);
      });
    }

    it('right after the process has gone: that is told', async (machine) => {
      const hog = await startHog(machine);
      await hog.ended;
      await killMonitor(machine);
      await waitFor(async () => (await endingsOf(machine, hog)).length > 0, 'the end to be told');
      expect(
        (await logged(machine, 'Process terminated')).filter((line) => line.includes(`PID=${hog.pid},`)),
      ).to.have.length.at.most(1);
    });
  },
  WITH_CLONE,
);

inMachine(
  'a plugin that ends the service again and again',
  (it) => {
    const trials = {
      'exits at start': 'process.exit(1);',
      'throws at start': "throw new Error('no such luck');",
      'blocks the loop for good in a hook': "host.on('scan', () => { for (;;); });",
      'blocks the loop for good in a timer': 'setTimeout(() => { for (;;); }, 500);',
      'blocks the loop for good at start': 'for (;;);',
    };
    let isInstalled = false;
    for (const [title, setup] of Object.entries(trials)) {
      it(`and ${title} is left out, the admin is told, and a process is ended`, async (machine) => {
        if (!isInstalled) {
          await installForTrials(machine);
          isInstalled = true;
        }
        const leftOut = async (): Promise<string[]> =>
          await logged(machine, 'failed in left-out: it has ended the monitor 3 times');
        const told = (await leftOut()).length;
        await usePlugin(machine, setup);
        await machine.run(['systemctl', 'restart', '--no-block', 'memory-monitor']);
        await waitFor(async () => (await leftOut()).length > told, 'the word that it is left out', 120_000);
        expect(await leftOut()).to.have.lengthOf(told + 1);
        const hog = await startHog(machine);
        expect(await hog.ended).to.include({ signal: 'SIGTERM' });
        expect(await show(machine, 'ActiveState')).to.equal('active');
        const entries = await machine.journal(
          '--unit=memory-monitor',
          '--grep=failed in left-out',
          '--priority=err',
        );
        expect(entries).to.have.lengthOf(told + 1);
        await useNoPlugin(machine);
        await restart(machine);
      });
    }
  },
  WITH_CLONE,
);

inMachine(
  'the service, where what it stands on is missing',
  (it) => {
    /** It starts, says each of these once, and does its main job. */
    async function expectWork(machine: Machine, ...told: readonly RegExp[]): Promise<void> {
      const before = (await said(machine)).length;
      await restart(machine);
      const hog = await startHog(machine);
      expect(await hog.ended).to.include({ signal: 'SIGTERM' });
      for (const line of told) {
        const lines = async (): Promise<string[]> =>
          (await said(machine)).slice(before).filter((text) => line.test(text));
        await waitFor(async () => (await lines()).length > 0, `a line ${String(line)}`);
        expect(await lines(), String(line)).to.have.lengthOf(1);
      }
      expect(await show(machine, 'NRestarts')).to.equal('0');
    }

    /** Wherever the journal can be read, it has each line once. */
    async function said(machine: Machine): Promise<string[]> {
      const entries = await machine.journal('SYSLOG_IDENTIFIER=memory-monitor');
      return entries.map(({ MESSAGE }) => String(MESSAGE));
    }

    /** Something stands in the place of these directories, for as long as the work lasts. */
    async function covered(
      machine: Machine,
      places: readonly string[],
      prepare: (place: string) => string,
      work: () => Promise<void>,
    ): Promise<void> {
      await machine.succeed('systemctl stop memory-monitor');
      try {
        for (const place of places) {
          await machine.succeed(`mount -t tmpfs -o size=64k,mode=755 tmpfs ${place} && ${prepare(place)}`);
        }
        await work();
      } finally {
        await machine.succeed('systemctl stop memory-monitor');
        await machine.run(['umount', ...places]);
      }
    }

    it('on a full disk', async (machine) => {
      await installForTrials(machine);
      // The journal lies in /var/log as well, and is to be read here all the same.
      await machine.write('/etc/systemd/journald.conf.d/volatile.conf', '[Journal]\nStorage=volatile\n');
      await machine.succeed(['systemctl', 'restart', 'systemd-journald']);
      const fill = (place: string): string => `{ dd if=/dev/zero of=${place}/full bs=4k 2>/dev/null || :; }`;
      await covered(machine, ['/var/log', '/var/lib/memory-monitor'], fill, async () => {
        await expectWork(machine, /memory_monitor\.log.*ENOSPC/, /^Kills can not be recorded .*ENOSPC/);
      });
    });

    it('where the log is on a file system that can only be read', async (machine) => {
      const remount = (place: string): string => `mount -o remount,ro ${place}`;
      await covered(machine, ['/var/log'], remount, async () => {
        await expectWork(machine, /\/var\/log\/memory_monitor\.log.*EROFS/);
      });
    });

    it('where the configuration can not be read', async (machine) => {
      await restart(machine);
      await machine.succeed('chmod 000 /etc/memory-monitor');
      await expectWork(
        machine,
        /\/etc\/memory-monitor\/config\.toml can not be read; .*EACCES.* What was in force last is used/,
      );
      const status = await machine.succeed(['memory-monitor', 'status']);
      expect(status).to.include('NOT in force').and.to.include('can not be read');
      await machine.succeed('chmod 755 /etc/memory-monitor');
    });

    it('where there is no /dev/log', async (machine) => {
      // With the journal as its standard output it needs none.
      await machine.write(`${DROP_INS}/quiet.conf`, '[Service]\nStandardOutput=null\n');
      await machine.succeed(
        'systemctl stop systemd-journald-dev-log.socket; rm --force /run/systemd/journal/dev-log',
      );
      await machine.succeed(['rm', '--force', LOG]);
      await restart(machine);
      const hog = await startHog(machine);
      expect(await hog.ended).to.include({ signal: 'SIGTERM' });
      await waitFor(async () => (await endingsOf(machine, hog)).length === 1, 'the line in the log file');
      expect(await logged(machine, '/dev/log')).to.have.lengthOf(1);
      await machine.succeed(['rm', `${DROP_INS}/quiet.conf`]);
    });

    it('where the kernel tells no pressure', async (machine) => {
      await machine.write(`${DROP_INS}/no-pressure.conf`, '[Service]\nInaccessiblePaths=-/proc/pressure\n');
      await expectWork(machine, /^Not to be had here: pressure-trigger /);
      await machine.succeed(['rm', `${DROP_INS}/no-pressure.conf`]);
    });
  },
  WITH_CLONE,
);
