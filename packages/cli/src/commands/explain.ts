import { composeMonitor, LOGGER, MonitorError, type Explanation, type SourceFile } from '@memory-monitor/core';
import { provideLinux } from '@memory-monitor/linux';

import { placesOf } from '../config/places.js';
import { readConfiguration, type ConfigurationOptions } from '../config/read-configuration.js';
import { askMonitor } from '../control/control-client.js';
import { DEFAULT_SOCKET, socketPathFor } from '../control/socket-path.js';
import { EX_OK } from '../exit-codes.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import { renderExplanation, type PlacedExplanation } from '../render/render-explanation.js';
import { packageVersion } from '../version.js';
import type { ControlOptions } from './status.js';

export interface ExplainOptions extends ConfigurationOptions, ControlOptions {}

/** What a running monitor answers: the explanation, and the configuration that its places are to be found in. */
export interface ExplainAnswer {
  readonly explanation: Explanation;
  readonly sources: readonly SourceFile[];
  /** The plugins by name, in the order of the configuration. */
  readonly plugins: readonly string[];
}

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

function parsePid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new MonitorError('MM_ERR_USAGE', `"${text}" is no PID; write a whole number, such as: memory-monitor explain 1234.`);
  }
  return Number(text);
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
  const loading = await loadPlugins(configuration, sources);
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
    await monitor.usePlugins(loading.plugins);
    return await answerOf(monitor, pid, sources);
  } finally {
    await monitor.disposePlugins();
  }
}

/** What a monitor thinks of a process. Rejects with MM_ERR_NO_SUCH_PROCESS. */
export async function answerOf(
  monitor: Pick<ReturnType<typeof composeMonitor>, 'explain' | 'describePlugins'>,
  pid: number,
  sources: readonly SourceFile[],
): Promise<ExplainAnswer> {
  const explanation = await monitor.explain(pid);
  if (explanation === undefined) {
    throw new MonitorError(
      'MM_ERR_NO_SUCH_PROCESS',
      `There is no process ${pid}, or it has exited; check the PID with: ps -p ${pid}.`,
    );
  }
  return { explanation, sources, plugins: monitor.describePlugins().map(({ name }) => name) };
}

const ignore = (): void => undefined;
const complain = (_: unknown, message: string): void => {
  process.stderr.write(`${message}\n`);
};
/** What plugins log is not asked for here; their trouble is. */
const STANDARD_ERROR = { debug: ignore, info: ignore, warn: complain, error: complain };
