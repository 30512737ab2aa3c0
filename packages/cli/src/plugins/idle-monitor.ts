import {
  composeMonitor,
  LOGGER,
  printable,
  type Configuration,
  type Monitor,
  type SourceFile,
} from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

import { packageVersion } from '../version.js';
import { createPluginLoader } from './create-loader.js';

/** Of what is logged while plugins are set up, their trouble; one line each, whatever stands in it. */
export interface TroubleListener {
  readonly onWarning?: (message: string) => void;
  readonly onError?: (message: string) => void;
}

const ignore = (): void => undefined;

/**
 * Puts a monitor together that never runs, its plugins loaded and set up as they would be, hands it to `use`, and disposes of the
 * plugins. Rejects as a start would.
 */
export async function withIdleMonitor<T>(
  configuration: Configuration,
  sources: readonly SourceFile[],
  use: (monitor: Monitor) => Promise<T>,
  { onWarning = ignore, onError = complain }: TroubleListener = {},
): Promise<T> {
  const loader = createPluginLoader(configuration);
  const plugins = await loader.load(configuration.plugins, sources);
  const monitor = composeMonitor({
    version: packageVersion(),
    configuration,
    isIdle: true,
    platform: (services) => {
      services.provide(LOGGER, () => ({
        debug: ignore,
        info: ignore,
        warn: (_, message) => {
          onWarning(printable(message));
        },
        error: (_, message) => {
          onError(printable(message));
        },
      }));
      provideLinux(services, { stateDirectory: '' });
    },
  });
  try {
    await monitor.usePlugins(plugins);
    return await use(monitor);
  } finally {
    await monitor.disposePlugins();
    await loader.dispose();
  }
}

function complain(message: string): void {
  process.stderr.write(`${message}\n`);
}
