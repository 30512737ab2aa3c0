import { composeMonitor, LOGGER, MonitorError } from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

import { placesOf } from '../config/places.js';
import { readConfiguration, type ConfigurationOptions } from '../config/read-configuration.js';
import { askMonitor } from '../control/control-client.js';
import { DEFAULT_SOCKET, socketPathFor } from '../control/socket-path.js';
import { EX_OK } from '../exit-codes.js';
import { answerOf, type ExplainAnswer } from '../explain/answer.js';
import { parsePid } from '../explain/parse-pid.js';
import { createPluginLoader } from '../plugins/create-loader.js';
import { renderExplanation, type PlacedExplanation } from '../render/render-explanation.js';
import { packageVersion } from '../version.js';
import type { ControlOptions } from './status.js';

export interface ExplainOptions extends ConfigurationOptions, ControlOptions {}

/**
 * `memory-monitor explain PID`: asks the running monitor; where none runs, or another configuration is given, it does what one
 * would do that has just been started.
 */
export async function explain(pidText: string, options: ExplainOptions): Promise<number> {
  const pid = parsePid(pidText);
  const { answer, voice } = await findAnswer(pid, options);
  const placed: PlacedExplanation = {
    explanation: answer.explanation,
    places: await placesOf(answer.sources, answer.plugins),
  };
  const text =
    options.json === true
      ? JSON.stringify({ ...placed.explanation, places: placed.places }, null, 2)
      : [...renderExplanation(placed, Date.now()), voice].join('\n');
  process.stdout.write(`${text}\n`);
  return EX_OK;
}

async function findAnswer(
  pid: number,
  options: ExplainOptions,
): Promise<{ readonly answer: ExplainAnswer; readonly voice: string }> {
  if (options.config === undefined) {
    try {
      const socket = options.socket ?? socketPathFor(DEFAULT_SOCKET);
      const answer = (await askMonitor(socket, `/explain/${pid}`)) as ExplainAnswer;
      return { answer, voice: '(as the running monitor sees it)' };
    } catch (error) {
      const isSilent = error instanceof MonitorError && error.code === 'MM_ERR_NOT_RUNNING';
      if (!isSilent || options.socket !== undefined) {
        throw error;
      }
    }
  }
  const answer = await explainHere(pid, options);
  return { answer, voice: '(as a monitor would see it that starts now; none was asked)' };
}

/** Puts a monitor together that never runs. */
async function explainHere(pid: number, options: ExplainOptions): Promise<ExplainAnswer> {
  const { configuration, sources } = await readConfiguration(options);
  const loader = createPluginLoader(configuration);
  const plugins = await loader.load(configuration.plugins, sources);
  const monitor = composeMonitor({
    version: packageVersion(),
    // Armed or not is told; where /proc is not ours, nothing is ended anyway.
    configuration,
    platform: (services) => {
      services.provide(LOGGER, () => STANDARD_ERROR);
      provideLinux(services, { stateDirectory: '' });
    },
  });
  try {
    await monitor.usePlugins(plugins);
    return await answerOf(monitor, pid, sources);
  } finally {
    await monitor.disposePlugins();
    loader.dispose();
  }
}

const ignore = (): void => undefined;
const complain = (_: unknown, message: string): void => {
  process.stderr.write(`${message}\n`);
};
/** What plugins log is not asked for here; their trouble is. */
const STANDARD_ERROR = { debug: ignore, info: ignore, warn: complain, error: complain };
