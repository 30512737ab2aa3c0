// Processor time of the installed bundle at an interval of 1 s, as percent of one core.
//   node bench/processor.mjs [--processes 2000] [--windows 6] [--seconds 10] [--json FILE]
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startCrowd } from './crowd.mjs';
import { compile, workDirectory } from './measuring.mjs';
import { bundledPlugins, PLUGINS, startMonitor, writeConfig } from './monitor.mjs';
import { absoluteRow, writeRows } from './rows.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2000' },
    windows: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'string' },
  },
});
const NS_PER_MS = 1e6;
/** Starting takes its own time, and what a first scan reads is remembered afterwards. */
const WARM_UP_MS = 5000;
const BUDGET_PERCENT = 1;

const endCrowd = await startCrowd(compile('sleepers'), values.processes);
try {
  const variants = { 'no plugins': [], 'all plugins': bundledPlugins() };
  const monitors = Object.entries(variants).map(([name, plugins]) => {
    const config = writeConfig(name.replace(' ', '-'), {
      plugins: plugins.map((plugin) => PLUGINS[plugin]).join(''),
    });
    return { name, monitor: startMonitor(config), percents: [] };
  });
  await Promise.all(monitors.map(({ monitor }) => monitor.told('scan')));
  await sleep(WARM_UP_MS);
  for (let window = 0; window < Number(values.windows); window += 1) {
    process.stderr.write(`window ${window + 1} of ${values.windows}\r`);
    const before = monitors.map(({ monitor }) => processorMs(monitor.pid));
    const beganMs = performance.now();
    await sleep(Number(values.seconds) * 1000);
    const tookMs = performance.now() - beganMs;
    for (const [index, { monitor, percents }] of monitors.entries()) {
      percents.push((100 * (processorMs(monitor.pid) - before[index])) / tookMs);
    }
  }
  process.stderr.write('\n');
  await Promise.all(monitors.map(({ monitor }) => monitor.stop()));
  const rows = monitors.map(({ name, percents }) =>
    absoluteRow(`processor time at 1 s, ${name}`, '% of a core', percents, BUDGET_PERCENT),
  );
  writeRows(`Processor time with ${values.processes} more processes`, rows, values.json);
} finally {
  await endCrowd();
  rmSync(workDirectory, { recursive: true, force: true });
}

/** Of all its threads, in nanoseconds as the scheduler counts them: proc_pid_schedstat(5). */
function processorMs(pid) {
  const times = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return times.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
}
