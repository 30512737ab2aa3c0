import {
  composeMonitor,
  ConfigurationError,
  formatMistake,
  logEvents,
  LOGGER,
  messageOf,
  superviseBy,
  SUPERVISOR,
  type Configuration,
  type Monitor,
  type Supervisor,
} from '@memory-monitor/core';
import { provideLinux, SystemdSupervisor } from '@memory-monitor/linux';

import { refusePlugins, unsupportedPlugins } from '../config/refuse-plugins.js';
import { readConfiguration, type ConfigurationOptions } from '../config/read-configuration.js';
import { leaveSignals } from '../early-signals.js';
import { EX_OK } from '../exit-codes.js';
import { LogOutput } from '../log/log-output.js';
import { packageVersion } from '../version.js';

export interface RunOptions extends ConfigurationOptions {
  readonly once?: boolean | undefined;
}

/** `memory-monitor run`: the daemon in the foreground. Returns the exit status. */
export async function run(options: RunOptions): Promise<number> {
  const configuration = await readConfiguration(options);
  refusePlugins(configuration);
  const output = await LogOutput.open(configuration.settings, () => {
    monitor.stop('the end of its terminal');
  });
  const supervisor = await SystemdSupervisor.open((message) => {
    output.tellTrouble(message);
  });
  const live = { configuration };
  const monitor = composeMonitor({
    version: packageVersion(),
    configuration,
    platform: (services) => {
      services.provide(LOGGER, () => output.logger);
      if (supervisor !== undefined) {
        services.provide(SUPERVISOR, () => supervisor);
      }
      provideLinux(services, { stateDirectory: configuration.settings.stateDirectory });
    },
  });
  logEvents(monitor.events, output.logger, {
    showsCommandLines: () => live.configuration.settings.logCommandLines,
  });
  if (supervisor !== undefined) {
    superviseBy(supervisor, monitor.events);
  }
  monitor.events.on('started', () => {
    output.tellHeldTrouble();
    tellPlugins(configuration, output);
  });
  logFaults(output);
  stopOnSignals(monitor);
  reloadOnHangup(monitor, output, options, live, supervisor);
  leaveSignals();
  try {
    await monitor.run({ once: options.once === true });
  } finally {
    output.tellHeldTrouble();
    await output.close();
  }
  return EX_OK;
}

/** A fault of ours ends the process (main.ts sees to that); the log is to say so too. */
function logFaults(output: LogOutput): void {
  process.prependListener('uncaughtException', (error) => {
    output.logger.error(
      { event: 'fault', code: 'MM_ERR_INTERNAL' },
      `The monitor ends by a fault: ${messageOf(error)}`,
    );
  });
}

/** npm and a terminal both pass Ctrl-C on, so that a second signal is no request to hurry. */
function stopOnSignals(monitor: Monitor): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      monitor.stop(signal);
    });
  }
}

/** One reload after the other, however many signals come in. */
function reloadOnHangup(
  monitor: Monitor,
  output: LogOutput,
  options: RunOptions,
  live: { configuration: Configuration },
  supervisor: Supervisor | undefined,
): void {
  let last: Promise<void> = Promise.resolve();
  process.on('SIGHUP', () => {
    last = last.then(async () => {
      supervisor?.reloading();
      output.reopen();
      try {
        const configuration = await readConfiguration(options);
        refusePlugins(configuration);
        if (await monitor.reload(configuration)) {
          live.configuration = configuration;
          await output.apply(configuration.settings);
          tellPlugins(configuration, output);
        }
      } catch (error) {
        monitor.refuseReload(sentencesOf(error));
      }
    });
  });
}

function sentencesOf(error: unknown): string[] {
  return error instanceof ConfigurationError ? error.mistakes.map(formatMistake) : [messageOf(error)];
}

function tellPlugins({ plugins }: Configuration, output: LogOutput): void {
  if (plugins.length > 0) {
    output.logger.warn({ event: 'plugins' }, unsupportedPlugins(plugins));
  }
}
