// A real monitor on the real /proc, as a dry run with limits that nothing reaches, with ten plugins of a kind: prints
// processes and milliseconds of each tick, from its first read to the return of the last listener.
import {
  composeMonitor,
  defaultConfiguration,
  definePlugin,
  LOGGER,
  NO_EXTENSIONS,
} from '@memory-monitor/core';
import { LinuxProcessSource, provideLinux } from '@memory-monitor/linux';

const PLUGINS = 10;
const [ticks, kind] = [Number(process.argv[2]), process.argv[3]];
const silent = () => undefined;

/** What each plugin of a kind does. */
const KINDS = {
  none: undefined,
  'violation and kill': (host) => {
    host.on('violation', silent);
    host.on('kill', silent);
  },
  scan: (host) => {
    host.on('scan', ({ samples }) => samples.rssBytes.reduce((sum, bytes) => sum + bytes, 0));
  },
  overrideLimits: (host) => {
    host.overrideLimits(({ uid }) => (uid === 12345 ? { bytes: 1 } : undefined));
  },
};

const setup = KINDS[kind];
const plugins =
  setup === undefined
    ? []
    : Array.from({ length: PLUGINS }, (_, index) => ({
        definition: definePlugin({ name: `bench-${index}`, apiVersion: 1, setup }),
        config: {},
        onFailure: 'spare',
        source: { use: 'bench', file: undefined, version: undefined, isIsolated: false },
      }));

let beganMs = 0;
let scanned = 0;
let count = 0;
const readMemory = LinuxProcessSource.prototype.readMemory;
LinuxProcessSource.prototype.readMemory = function () {
  beganMs = performance.now();
  return readMemory.call(this);
};
const configuration = defaultConfiguration();
const monitor = composeMonitor({
  version: 'bench',
  configuration: {
    ...configuration,
    thresholds: { ramPercentThreshold: 100, ramGbThreshold: Infinity, checkIntervalSeconds: 0.05 },
  },
  platform: (services) => {
    services.provide(LOGGER, () => ({ debug: silent, info: silent, warn: silent, error: console.error }));
    provideLinux(services, { stateDirectory: '' });
  },
  // Asked when a tick is over.
  extensions: {
    ...NO_EXTENSIONS,
    intervals: [
      {
        plugin: 'bench',
        intervalSeconds: () => {
          console.log(scanned, (performance.now() - beganMs).toFixed(3));
          count += 1;
          if (count === ticks) {
            monitor.stop('the end of the measurement');
          }
          return undefined;
        },
      },
    ],
  },
});
monitor.events.on('scan', (event) => {
  scanned = event.scanned;
});
await monitor.usePlugins(plugins);
await monitor.run();
