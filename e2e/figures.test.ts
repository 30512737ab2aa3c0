// What the service costs inside its unit, beside a service in Python that does what the original documents. Printed.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import type { Machine } from './support/machine.js';
import { install, show, WITH_CLONE } from './support/service.js';
import { waitFor } from './support/wait-for.js';

/** Two scans at the longer interval. */
const WINDOW_MS = 60_000;
const TICKS_PER_SECOND = 100;

/** Scans as the Python service documents it: every process by psutil, RSS and percent of RAM, each interval. */
const PYTHON_SERVICE = `import sys, time
import psutil
while True:
    total = psutil.virtual_memory().total
    for process in psutil.process_iter(['pid', 'name', 'username', 'memory_info']):
        memory = process.info['memory_info']
        if memory and (memory.rss > 2 * 1024**3 or memory.rss > total / 10):
            print(process.info, flush=True)
    print('Scan complete', flush=True)
    time.sleep(float(sys.argv[1]))
`;

interface Figures {
  readonly residentMib: number;
  readonly cpuPercent: number;
}

async function cpuSeconds(machine: Machine, pid: string): Promise<number> {
  const stat = await machine.read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function measure(machine: Machine, pid: string): Promise<Figures> {
  const before = await cpuSeconds(machine, pid);
  const beganMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const used = (await cpuSeconds(machine, pid)) - before;
  const status = await machine.read(`/proc/${pid}/status`);
  return {
    residentMib: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    cpuPercent: (100 * used) / ((performance.now() - beganMs) / 1000),
  };
}

function print(name: string, { residentMib, cpuPercent }: Figures): void {
  process.stdout.write(
    `    ${name}: ${residentMib.toFixed(1)} MiB resident, ${cpuPercent.toFixed(2)} % of one processor\n`,
  );
}

inMachine(
  'what the service costs in its unit',
  (it) => {
    it('from start to ready', async (machine) => {
      await install(machine);
      await machine.succeed(['systemctl', 'stop', 'memory-monitor']);
      const beganMs = performance.now();
      await machine.succeed(['systemctl', 'start', 'memory-monitor']);
      process.stdout.write(`    start, first scan, ready: ${(performance.now() - beganMs).toFixed(0)} ms\n`);
      expect(await show(machine, 'ActiveState')).to.equal('active');
    });

    for (const seconds of [30, 1]) {
      it(`at an interval of ${seconds} s, beside Python`, async (machine) => {
        await machine.write(
          '/etc/memory-monitor/conf.d/20-interval.toml',
          `[thresholds]\ncheck_interval = ${seconds}\n`,
        );
        await machine.succeed(['systemctl', 'restart', 'memory-monitor']);
        await machine.write('/tmp/service.py', PYTHON_SERVICE);
        const limits = ['MemoryMax=100M', 'CPUQuota=10%', 'CPUQuotaPeriodSec=1s'].map(
          (limit) => `--property=${limit}`,
        );
        const python = ['python3', '-u', '/tmp/service.py', String(seconds)];
        await machine.succeed(['systemd-run', '--quiet', '--unit=python-monitor', ...limits, ...python]);
        await waitFor(
          async () => (await machine.journal('--unit=python-monitor', '--grep=Scan complete')).length > 0,
          'its first scan',
        );
        const pythonPid = (
          await machine.succeed('systemctl show --value --property=MainPID python-monitor')
        ).trim();
        const [ours, theirs] = await Promise.all([
          measure(machine, await show(machine, 'MainPID')),
          measure(machine, pythonPid),
        ]);
        print('memory-monitor', ours);
        print('psutil in Python', theirs);
        expect(ours.residentMib).to.be.below(100);
        await machine.succeed(['systemctl', 'stop', 'python-monitor']);
      });
    }
  },
  WITH_CLONE,
);
