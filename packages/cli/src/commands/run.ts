import { setFlagsFromString } from 'node:v8';

import {
  composeMonitor,
  ConfigurationError,
  formatMistake,
  logEvents,
  LOGGER,
  messageOf,
  superviseBy,
  SUPERVISOR,
  type Monitor,
  type Supervisor,
} from '@memory-monitor/core';
import { LinuxKernel, provideLinux, SystemdSupervisor } from '@memory-monitor/linux';
import type { PluginFiles, PluginLoader } from '@memory-monitor/plugin-loader';

import {
  readOrRecall,
  rememberConfiguration,
  type RecalledConfiguration,
} from '../config/last-configuration.js';
import {
  readConfiguration,
  type ConfigurationOptions,
  type ReadConfiguration,
} from '../config/read-configuration.js';
import { openControlSocket } from '../control/open-control-socket.js';
import { leaveSignals } from '../early-signals.js';
import { beforeEnding, endProcess } from '../ending.js';
import { EX_OK } from '../exit-codes.js';
import { handleFaults } from '../faults.js';
import { LogOutput } from '../log/log-output.js';
import { blameFor } from '../plugins/blame.js';
import { CrashWatch, tellLeftOut } from '../plugins/crash-watch.js';
import { createPluginLoader } from '../plugins/create-loader.js';
import { REMEDY, withoutNetwork } from '../plugins/needs.js';
import { runtimeDirectory } from '../plugins/plugin-directories.js';
import { packageVersion } from '../version.js';

export interface RunOptions extends ConfigurationOptions {
  readonly once?: boolean | undefined;
}

/** What a reload replaces. */
interface Live extends ReadConfiguration {
  readonly loader: PluginLoader;
  /** Of every plugin that was ever loaded: what one has left running may fail after it has been replaced. */
  readonly pluginFiles: readonly PluginFiles[];
}

interface Reloading {
  readonly monitor: Monitor;
  readonly output: LogOutput;
  readonly options: RunOptions;
  readonly live: { current: Live };
  readonly supervisor: Supervisor | undefined;
  readonly watch: CrashWatch;
}

/** `memory-monitor run`: the daemon in the foreground. Returns the exit status. */
export async function run(options: RunOptions): Promise<number> {
  // What ends a process runs once in months: it is not to be compiled anew when there is no time for it.
  setFlagsFromString('--no-flush-bytecode');
  const read = await readOrRecall(options);
  const kernel = await LinuxKernel.open({ protectsItself: true });
  try {
    return await runOn(kernel, read, options);
  } finally {
    await kernel.close();
  }
}

async function runOn(
  kernel: LinuxKernel,
  { trouble, ...read }: RecalledConfiguration,
  options: RunOptions,
): Promise<number> {
  const { configuration, sources } = read;
  let onTerminalGone = (): void => {
    endProcess(EX_OK);
  };
  const output = await LogOutput.open(configuration.settings, () => {
    onTerminalGone();
  });
  let watch = CrashWatch.none();
  const supervisor = await SystemdSupervisor.open(
    (message) => {
      output.tellTrouble(message);
    },
    {
      onBeat: () => {
        watch.beat();
      },
    },
  );
  if (supervisor !== undefined) {
    watch = await CrashWatch.open(runtimeDirectory(), supervisor.watchdogMs);
  }
  beforeEnding(watch.clear);
  const stopBeating = beatAtStart(supervisor);
  const loader = createPluginLoader(configuration);
  const selection = watch.select(configuration);
  const plugins = await watch.count(
    configuration,
    (place) => place,
    () => loader.load(configuration.plugins, sources, selection.traces),
  );
  const live: { current: Live } = { current: { ...read, loader, pluginFiles: loader.files } };
  const monitor = composeMonitor({
    version: packageVersion(),
    configuration,
    platform: (services) => {
      services.provide(LOGGER, () => output.logger);
      if (supervisor !== undefined) {
        services.provide(SUPERVISOR, () => supervisor);
      }
      provideLinux(services, { stateDirectory: configuration.settings.stateDirectory, kernel });
    },
  });
  onTerminalGone = () => {
    monitor.stop('the end of its terminal');
  };
  logEvents(monitor.events, output.logger, {
    showsCommandLines: () => live.current.configuration.settings.logCommandLines,
  });
  if (supervisor !== undefined) {
    superviseBy(supervisor, monitor.events);
  }
  await watch.count(
    configuration,
    (index) => selection.places[index],
    () => monitor.usePlugins(plugins),
  );
  monitor.events.on('memory', ({ memory }) => {
    watch.seeMemory(memory);
  });
  monitor.events.on('started', () => {
    stopBeating();
    output.tellHeldTrouble();
    if (trouble === undefined) {
      rememberConfiguration(sources);
    } else {
      monitor.refuseReload([trouble]);
    }
    tellLeftOut(monitor, selection);
    void tellNeeds(monitor);
  });
  if (options.once !== true) {
    const unsubscribe = monitor.events.on('scan', () => {
      unsubscribe();
      void monitor.rehearse();
    });
  }
  tellMeansOnceArmed(monitor, kernel, output);
  takeFaults(monitor, output, () => live.current.pluginFiles);
  blameAtExit(watch, () => live.current.pluginFiles);
  stopOnSignals(monitor);
  reloadOnHangup({ monitor, output, options, live, supervisor, watch });
  leaveSignals();
  const control = await openControlSocket(
    configuration.settings.controlSocket,
    monitor,
    () => live.current.sources,
    (message) => {
      output.tellTrouble(message);
    },
  );
  try {
    await monitor.run({ once: options.once === true });
    watch.end();
  } finally {
    await control?.close();
    await live.current.loader.dispose();
    output.tellHeldTrouble();
    await output.close();
  }
  return EX_OK;
}

/** A plugin's fault is told as such, and the monitor goes on; one of ours ends the process (main.ts sees to that), and is logged. */
function takeFaults(monitor: Monitor, output: LogOutput, files: () => readonly PluginFiles[]): void {
  handleFaults((error) => {
    const blame = blameFor(error, files());
    if (blame === 'monitor') {
      output.logger.error(
        { event: 'fault', code: 'MM_ERR_INTERNAL' },
        `The monitor ends by a fault: ${messageOf(error)}`,
      );
      output.tellWhatWasLeftOut();
      return false;
    }
    monitor.tellPluginFailure(blame === 'unknown' ? '(unknown)' : blame.name, 'background', error);
    return true;
  });
}

/** So that a start in which a plugin's code never comes back ends like any other hang, and not only when it has taken far too long. */
function beatAtStart(supervisor: Supervisor | undefined): () => void {
  if (supervisor === undefined || !Number.isFinite(supervisor.beatIntervalMs)) {
    return () => undefined;
  }
  supervisor.beat();
  const timer = setInterval(() => {
    supervisor.beat();
  }, supervisor.beatIntervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** What a plugin runs in a timer can end the process too. */
function blameAtExit(watch: CrashWatch, files: () => readonly PluginFiles[]): void {
  process.once('exit', () => {
    const blame = blameFor(new Error('who ends it?'), files());
    if (typeof blame !== 'string') {
      watch.blame(blame.use);
    }
  });
}

/** Said once, as soon as something can be ended; `status` says it at any time. */
function tellMeansOnceArmed(monitor: Monitor, { means }: LinuxKernel, { logger }: LogOutput): void {
  const missing = means.filter(({ isInUse }) => !isInUse);
  if (missing.length === 0) {
    return;
  }
  const words = missing.map(({ name, reason, without }) => `${name} (${reason}), so ${without}`);
  const unsubscribe = monitor.events.on('scan', () => {
    if (monitor.status()?.dryRun !== false) {
      return;
    }
    unsubscribe();
    const fields = { event: 'means', missing: missing.map(({ name }) => name) };
    logger.info(fields, `Not to be had here: ${words.join('; ')}`);
  });
}

/** Nothing fails silently inside a sandbox. */
async function tellNeeds(monitor: Monitor): Promise<void> {
  for (const name of await withoutNetwork(monitor.describePlugins())) {
    const message = `it needs the network, and the service has none; ${REMEDY}`;
    monitor.tellPluginFailure(name, 'needs', new Error(message));
  }
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
function reloadOnHangup(parts: Reloading): void {
  const { monitor, output, supervisor } = parts;
  let last: Promise<void> = Promise.resolve();
  process.on('SIGHUP', () => {
    last = last.then(async () => {
      supervisor?.reloading();
      output.reopen();
      try {
        await reload(parts);
      } catch (error) {
        monitor.refuseReload(sentencesOf(error));
      }
    });
  });
}

async function reload({ monitor, output, options, live, watch }: Reloading): Promise<void> {
  const { configuration, sources } = await readConfiguration(options);
  const loader = createPluginLoader(configuration);
  const selection = watch.select(configuration);
  const plugins = await loader.load(configuration.plugins, sources, selection.traces);
  const { current } = live;
  live.current = { ...current, pluginFiles: together(current.pluginFiles, loader.files) };
  if (!(await monitor.reload(configuration, plugins))) {
    await loader.dispose();
    return;
  }
  await current.loader.dispose();
  live.current = { ...live.current, configuration, sources, loader };
  rememberConfiguration(sources);
  await output.apply(configuration.settings);
  tellLeftOut(monitor, selection);
  await tellNeeds(monitor);
}

/** Of two with the same code, which comes first in its files, one. */
function together(known: readonly PluginFiles[], more: readonly PluginFiles[]): PluginFiles[] {
  return [...new Map([...known, ...more].map((plugin) => [plugin.files[0], plugin])).values()];
}

function sentencesOf(error: unknown): string[] {
  return error instanceof ConfigurationError ? error.mistakes.map(formatMistake) : [messageOf(error)];
}
