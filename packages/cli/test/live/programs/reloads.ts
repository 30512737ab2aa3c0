// A monitor that is reloaded again and again, as SIGHUP does it; prints what it holds after so many reloads.
import { readdirSync } from 'node:fs';

import { composeMonitor, LOGGER, type Logger } from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

import { readConfiguration } from '#src/config/read-configuration.js';
import { createPluginLoader } from '#src/plugins/create-loader.js';

const [config = '', ...checkpoints] = process.argv.slice(2);
const complain = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: complain, error: complain };

const first = await readConfiguration({ config, dryRun: true });
let loader = createPluginLoader(first.configuration);
const monitor = composeMonitor({
  version: 'test',
  configuration: first.configuration,
  platform: (services) => {
    services.provide(LOGGER, () => logger);
    provideLinux(services, { stateDirectory: '' });
  },
});
await monitor.usePlugins(await loader.load(first.configuration.plugins, first.sources));
void monitor.run();

async function reload(): Promise<void> {
  const { configuration, sources } = await readConfiguration({ config, dryRun: true });
  const next = createPluginLoader(configuration);
  if (!(await monitor.reload(configuration, await next.load(configuration.plugins, sources)))) {
    throw new Error('a reload was refused');
  }
  await loader.dispose();
  loader = next;
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function tell(reloads: number): Promise<void> {
  let heapBytes = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 20; time += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    (globalThis as { gc?: () => void }).gc?.();
    heapBytes = Math.min(heapBytes, process.memoryUsage().heapUsed);
  }
  const report = {
    reloads,
    heapBytes,
    instances: (globalThis as { tidyCensus?: { alive: number } }).tidyCensus?.alive ?? 0,
    resources: countOf(process.getActiveResourcesInfo()),
    listeners: Object.fromEntries(
      process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    ),
    descriptors: readdirSync('/proc/self/fd').length,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

let done = 0;
for (const checkpoint of checkpoints.map(Number)) {
  for (; done < checkpoint; done += 1) {
    await reload();
  }
  await tell(done);
}
process.exit(0);
