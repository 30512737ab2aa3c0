// A monitor that has nothing to do, on a clock that somebody turns: prints what it holds after so many ticks.
//   node --expose-gc idle.js CONFIG proc|fake TICKS...
import { readdirSync, readlinkSync } from 'node:fs';

import {
  CLOCK,
  composeMonitor,
  definePlugin,
  LOGGER,
  PROCESS_SOURCE,
  type LoadedPlugin,
  type Logger,
} from '@memory-monitor/core';
import { FakeClock, FakeMachine } from '@memory-monitor/core/testing';
import { provideLinux } from '@memory-monitor/linux';

import { readConfiguration } from '#src/config/read-configuration.js';
import { createPluginLoader } from '#src/plugins/create-loader.js';

const FAKE_PROCESSES = 50;

const [config = '', source = 'proc', ...checkpoints] = process.argv.slice(2);
// With its first stream libuv opens /dev/null, to have a descriptor in reserve: it is there before anything is counted.
process.stdout.cork();
process.stdout.uncork();
const silent = (): void => undefined;
const complain = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const logger: Logger = { debug: silent, info: silent, warn: silent, error: complain };

// Time passes only from one sleeper's end to the next, at once: a hundred thousand ticks in seconds.
const clock = new FakeClock(Date.now());
const { configuration, sources } = await readConfiguration({ config, dryRun: true });
const monitor = composeMonitor({
  version: 'test',
  configuration,
  platform: (services) => {
    services.provide(LOGGER, () => logger);
    provideLinux(services, { stateDirectory: '' });
  },
});
let scans = 0;
monitor.events.on('scan', () => {
  scans += 1;
});
const official = await createPluginLoader(configuration).load(configuration.plugins, sources);
await monitor.usePlugins([surroundings(), ...official]);
void monitor.run();
const began = process.hrtime.bigint();
for (const checkpoint of checkpoints.map(Number)) {
  while (scans < checkpoint) {
    clock.skip();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await tell();
}
process.exit(0);

/** The clock, and the fake machine where one is wanted: services can be replaced, as a plugin does it. */
function surroundings(): LoadedPlugin {
  const definition = definePlugin({
    name: 'surroundings',
    apiVersion: 1,
    setup: (host) => {
      host.provide(CLOCK, () => clock);
      if (source === 'fake') {
        const machine = new FakeMachine();
        for (let index = 0; index < FAKE_PROCESSES; index += 1) {
          machine.spawn({ rssBytes: 1024 ** 2 * index });
        }
        host.provide(PROCESS_SOURCE, () => machine);
      }
    },
  });
  const place = { use: 'surroundings', file: undefined, version: undefined, isIsolated: false };
  return { definition, config: {}, onFailure: 'spare', source: place };
}

async function tell(): Promise<void> {
  const elapsedMs = Number(process.hrtime.bigint() - began) / 1e6;
  let heapBytes = Number.POSITIVE_INFINITY;
  let open = openFiles();
  for (let time = 0; time < 10; time += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    (globalThis as { gc?: () => void }).gc?.();
    heapBytes = Math.min(heapBytes, process.memoryUsage().heapUsed);
    // A scan and a write hold one more for a moment.
    const now = openFiles();
    open = now.length < open.length ? now : open;
  }
  const report = {
    ticks: scans,
    heapBytes,
    descriptors: open.length,
    open,
    threads: readdirSync('/proc/self/task').length,
    elapsedMs,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

/** What each descriptor leads to; the one that lists them is gone when it is asked for. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
