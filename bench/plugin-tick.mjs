// A real monitor on the real /proc, as a dry run with limits that nothing reaches, with plugins of a kind: prints
// processes and milliseconds of each tick, from its first read to the return of the last listener.
import {
  composeMonitor,
  defaultConfiguration,
  definePlugin,
  LOGGER,
  NO_EXTENSIONS,
} from '@memory-monitor/core';
import { LinuxProcessSource, provideLinux } from '@memory-monitor/linux';
import schedule from '@memory-monitor/policy-schedule';
import userRules from '@memory-monitor/policy-user';

const [ticks, kind] = [Number(process.argv[2]), process.argv[3]];
const SYNTHETIC = 10;
const silent = () => undefined;

/** What each of ten plugins does. */
const SYNTHETIC_KINDS = {
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

/** Official plugins, configured as on a shared machine; every process is found by a rule, and counted. */
const OFFICIAL_KINDS = {
  'policy-schedule': {
    definition: schedule,
    config: {
      time_zone: 'Europe/Berlin',
      windows: [
        { name: 'patching', cron: '0 3 * * sun', duration: '4h', suspend: true },
        { name: 'always', time: ['00:00-24:00'], ram_gb_threshold: 1000 },
      ],
    },
  },
  'policy-user': {
    definition: userRules,
    config: {
      rules: [
        { name: 'lab', users: ['lab-*'], ram_gb_threshold: 8, total_gb_threshold: 16 },
        { name: 'staff', groups: ['staff', 'adm'], ram_gb_threshold: 32, warn_percent: 80 },
        { name: 'everybody', users: ['*'], total_gb_threshold: 1000, together_gb_threshold: 2000 },
      ],
    },
  },
};

const plugins = await pluginsOf(kind);

async function pluginsOf(name) {
  if (name in OFFICIAL_KINDS) {
    const { definition, config } = OFFICIAL_KINDS[name];
    const { value, issues } = await definition.config['~standard'].validate(config);
    if (issues !== undefined) {
      throw new Error(issues.map(({ message }) => message).join('; '));
    }
    return [loaded(definition, value)];
  }
  const setup = SYNTHETIC_KINDS[name];
  return Array.from({ length: setup === undefined ? 0 : SYNTHETIC }, (_, index) =>
    loaded(definePlugin({ name: `bench-${index}`, apiVersion: 1, setup }), {}),
  );
}

function loaded(definition, config) {
  const source = { use: 'bench', file: undefined, version: undefined, isIsolated: false };
  return { definition, config, onFailure: 'spare', source };
}

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
