// A real monitor on the real /proc, as a dry run with limits that nothing reaches: prints processes and milliseconds
// of each tick.
import { composeMonitor, defaultConfiguration, LOGGER } from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

const ticks = Number(process.argv[2]);
const configuration = defaultConfiguration();
const silent = () => undefined;

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
});
let count = 0;
monitor.events.on('scan', ({ scanned, tookMs }) => {
  console.log(scanned, tookMs.toFixed(3));
  count += 1;
  if (count === ticks) {
    monitor.stop('the end of the measurement');
  }
});
await monitor.run();
