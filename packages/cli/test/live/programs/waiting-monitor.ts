// A monitor of one scan whose decider says whom it decides on, and waits for a file before it answers.
import { existsSync } from 'node:fs';

import {
  composeMonitor,
  defaultConfiguration,
  LOGGER,
  logEvents,
  NO_EXTENSIONS,
  type Decider,
  type Logger,
} from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

import { until } from '../support/wait.js';

const [goAhead = ''] = process.argv.slice(2);

const print = (fields: object, msg: string): void => {
  process.stdout.write(`${JSON.stringify({ ...fields, msg })}\n`);
};
const logger: Logger = { debug: print, info: print, warn: print, error: print };

const decider: Decider = {
  plugin: 'waits',
  onFailure: 'spare',
  deadlineMs: 10_000,
  decide: async ({ process: { pid } }) => {
    process.stdout.write(`deciding ${pid}\n`);
    await until('the go-ahead', () => existsSync(goAhead));
    return { verdict: { action: 'kill' }, reason: 'it may go ahead' };
  },
};

const defaults = defaultConfiguration();
const monitor = composeMonitor({
  version: 'test',
  configuration: {
    ...defaults,
    thresholds: { ...defaults.thresholds, ramGbThreshold: 0.02 },
    settings: { ...defaults.settings, dryRun: false, graceSeconds: 1 },
  },
  platform: (services) => {
    services.provide(LOGGER, () => logger);
    provideLinux(services, { stateDirectory: '' });
  },
  extensions: { ...NO_EXTENSIONS, deciders: [decider] },
});
logEvents(monitor.events, logger, { showsCommandLines: () => false });
await monitor.run({ once: true });
process.exit(0);
