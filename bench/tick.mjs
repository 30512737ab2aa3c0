// A real monitor on the real /proc, as a dry run with limits that nothing reaches: prints processes, milliseconds and milliseconds
// of processor time of each tick, from its first read to the return of the last listener.
//   node bench/tick.mjs TICKS [HELD_DESCRIPTORS]
import { composeMonitor, defaultConfiguration, LOGGER } from '@memory-monitor/core';
import { LinuxProcessSource, provideLinux } from '@memory-monitor/linux';

const configuration = defaultConfiguration();
const ticks = Number(process.argv[2]);
const heldDescriptors = Number(process.argv[3] ?? configuration.settings.heldDescriptors);
const silent = () => undefined;

let beganMs = 0;
let beganCpu = process.cpuUsage();
const readMemory = LinuxProcessSource.prototype.readMemory;
LinuxProcessSource.prototype.readMemory = function () {
  beganCpu = process.cpuUsage();
  beganMs = performance.now();
  return readMemory.call(this);
};
const monitor = composeMonitor({
  version: 'bench',
  configuration: {
    ...configuration,
    settings: { ...configuration.settings, heldDescriptors },
    thresholds: { ramPercentThreshold: 100, ramGbThreshold: Infinity, checkIntervalSeconds: 0.05 },
  },
  platform: (services) => {
    services.provide(LOGGER, () => ({ debug: silent, info: silent, warn: silent, error: console.error }));
    provideLinux(services, { stateDirectory: '' });
  },
});
let count = 0;
monitor.events.on('scan', ({ scanned }) => {
  const tookMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(beganCpu);
  console.log(scanned, tookMs.toFixed(3), ((user + system) / 1000).toFixed(3));
  count += 1;
  if (count === ticks) {
    monitor.stop('the end of the measurement');
  }
});
await monitor.run();
