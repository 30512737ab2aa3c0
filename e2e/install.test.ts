// What an admin does with the service, from a fresh Debian to the last file removed.
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { compareSnapshots, type Snapshot } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

const CLONE = fileURLToPath(new URL('../..', import.meta.url));
const HOG = ['python3', '-c', `block = bytearray(300 << 20); print('ready', flush=True); import time; time.sleep(600)`];
const DROP_IN = '[thresholds]\nram_gb_threshold = 0.2\ncheck_interval = 1\n[settings]\ngrace_seconds = 2\n';

async function show(machine: Machine, property: string): Promise<string> {
  return (await machine.succeed(['systemctl', 'show', '--value', `--property=${property}`, 'memory-monitor'])).trim();
}

/** The lines of the log file with this text in them. */
async function logged(machine: Machine, text: string): Promise<string[]> {
  return (await machine.read('/var/log/memory_monitor.log')).split('\n').filter((line) => line.includes(text));
}

async function startHog(machine: Machine) {
  const hog = await machine.start(HOG, { user: 'alice' });
  await waitFor(() => hog.stdout().includes('ready'), 'the hog to have its memory');
  return hog;
}

let before: Snapshot;

inMachine(
  'the service on a fresh Debian',
  (it) => {
    it('is installed by the script, and says what it does', async (machine) => {
      before = await machine.snapshot();
      const output = await machine.succeed(['bash', '/clone/installer.sh']);
      expect(output).to.match(/in \d+ steps:/).and.to.include('memory-monitor arm');
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });

    it('is a dry run at first: a hog lives, and the log says what would happen', async (machine) => {
      expect(await show(machine, 'StatusText')).to.match(/^Dry run/);
      await machine.write('/etc/memory-monitor/conf.d/10-test.toml', DROP_IN);
      await machine.succeed(['systemctl', 'reload', 'memory-monitor']);
      const hog = await startHog(machine);
      await waitFor(async () => (await logged(machine, '[DRY RUN] Would kill process: PID=')).length > 0, 'the dry run');
      expect(await machine.succeed(['kill', '-0', String(hog.pid)])).to.equal('');
      hog.kill();
      await hog.ended;
    });

    it('is armed, and ends a hog of an ordinary user; bystanders live', async (machine) => {
      expect(await machine.succeed(['memory-monitor', 'arm'])).to.include('armed');
      expect(await show(machine, 'StatusText')).to.match(/^Armed/);
      const bystander = await machine.start(['sleep', '600'], { user: 'alice' });
      const hog = await startHog(machine);
      expect(await hog.ended).to.deep.equal({ exitCode: null, signal: 'SIGTERM' });
      expect(await machine.succeed(['kill', '-0', String(bystander.pid)])).to.equal('');
      bystander.kill();
      await waitFor(async () => (await machine.journal('MM_EVENT=kill', 'MM_OUTCOME=terminated')).length > 0, 'the journal');
      const entries = await machine.journal('--unit=memory-monitor', 'MM_EVENT=kill', 'MM_OUTCOME=terminated');
      expect(entries).to.have.lengthOf(1);
      expect(entries[0]).to.include({ MM_PID: String(hog.pid), MM_USER: 'alice', MM_SIGNAL: 'SIGTERM', PRIORITY: '6' });
      expect(await logged(machine, `Process terminated: PID=${hog.pid}`)).to.have.lengthOf(1);
    });

    it('leaves nothing when it is purged', async (machine) => {
      await machine.succeed(['memory-monitor', 'uninstall', '--purge']);
      const { added, removed, changed } = compareSnapshots(before, await machine.snapshot());
      expect({ added, removed, changed: changed.filter((line) => /memory/.test(line)) }).to.deep.equal({
        added: [],
        removed: [],
        changed: [],
      });
      expect((await machine.run(['systemctl', 'status', 'memory-monitor'])).exitCode).to.equal(4);
    });
  },
  { binds: [{ from: CLONE, to: '/clone' }] },
);
