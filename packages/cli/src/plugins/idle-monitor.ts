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

const ignore = (): void => undefined;
const complain = (_: unknown, message: string): void => {
  process.stderr.write(`${printable(message)}\n`);
};
/** What plugins log is not asked for here; their trouble is. */
const STANDARD_ERROR = { debug: ignore, info: ignore, warn: complain, error: complain };

/**
 * Puts a monitor together that never runs, its plugins loaded and set up as they would be, hands it to `use`, and disposes of the
 * plugins. Rejects as a start would.
 */
export async function withIdleMonitor<T>(
  configuration: Configuration,
  sources: readonly SourceFile[],
  use: (monitor: Monitor) => Promise<T>,
): Promise<T> {
  const loader = createPluginLoader(configuration);
  const plugins = await loader.load(configuration.plugins, sources);
  const monitor = composeMonitor({
    version: packageVersion(),
    configuration,
    isIdle: true,
    platform: (services) => {
      services.provide(LOGGER, () => STANDARD_ERROR);
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
