import { MonitorError } from '@memory-monitor/core';

import { placesOf } from '../config/places.js';
import { readConfiguration, type ConfigurationOptions } from '../config/read-configuration.js';
import { askMonitor } from '../control/control-client.js';
import { DEFAULT_SOCKET, socketPathFor } from '../control/socket-path.js';
import { EX_OK } from '../exit-codes.js';
import { answerOf, type ExplainAnswer } from '../explain/answer.js';
import { parsePid } from '../explain/parse-pid.js';
import { withIdleMonitor } from '../plugins/idle-monitor.js';
import { renderExplanation, type PlacedExplanation } from '../render/render-explanation.js';
import type { ControlOptions } from './status.js';

export interface ExplainOptions extends ConfigurationOptions, ControlOptions {}

/**
 * `memory-monitor explain PID`: asks the running monitor; where none runs, or a configuration is given and no socket, it does what
 * one would do that has just been started.
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
  if (options.config !== undefined && options.socket === undefined) {
    const answer = await explainHere(pid, options);
    return {
      answer,
      voice: '(as a monitor with this configuration would see it; a running one was not asked)',
    };
  }
  const socket = options.socket ?? socketPathFor(DEFAULT_SOCKET);
  try {
    const answer = (await askMonitor(socket, `/explain/${pid}`)) as ExplainAnswer;
    return { answer, voice: '(as the running monitor sees it)' };
  } catch (error) {
    const isSilent = error instanceof MonitorError && error.code === 'MM_ERR_NOT_RUNNING';
    if (!isSilent || options.socket !== undefined) {
      throw error;
    }
  }
  const answer = await explainHere(pid, options);
  return { answer, voice: `(as a monitor would see it that starts now; none answers at ${socket})` };
}

/** Does what a monitor would do that has just been started. */
async function explainHere(pid: number, options: ExplainOptions): Promise<ExplainAnswer> {
  const { configuration, sources } = await readConfiguration(options);
  return await withIdleMonitor(configuration, sources, async (monitor) => {
    // As with the first scan of a monitor, plugins ask only then for what they do not know yet: whose process it is, say.
    await monitor.explain(pid);
    return await answerOf(monitor, pid, sources);
  });
}
