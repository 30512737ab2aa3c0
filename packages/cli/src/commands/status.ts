import { askMonitor } from '../control/control-client.js';
import { DEFAULT_SOCKET, socketPathFor } from '../control/socket-path.js';
import { EX_OK } from '../exit-codes.js';
import { renderPlugins } from '../render/render-plugins.js';
import { renderStatus, type StatusAnswer } from '../render/render-status.js';

export interface ControlOptions {
  readonly socket?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `memory-monitor status`: how the running monitor fares. */
export async function status(options: ControlOptions): Promise<number> {
  const answer = (await ask(options, '/status')) as StatusAnswer;
  print(options, answer, () => renderStatus(answer, Date.now()));
  return EX_OK;
}

/** `memory-monitor plugins`: which plugins the running monitor has, and how they fare. */
export async function plugins(options: ControlOptions): Promise<number> {
  const answer = (await ask(options, '/plugins')) as StatusAnswer['plugins'];
  print(options, answer, () => renderPlugins(answer));
  return EX_OK;
}

async function ask(
  { socket = socketPathFor(DEFAULT_SOCKET) }: ControlOptions,
  path: string,
): Promise<unknown> {
  return await askMonitor(socket, path);
}

function print({ json }: ControlOptions, answer: unknown, render: () => readonly string[]): void {
  const text = json === true ? JSON.stringify(answer, null, 2) : render().join('\n');
  process.stdout.write(`${text}\n`);
}
