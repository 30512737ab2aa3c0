import { askMonitor } from '../control/control-client.js';
import { findSocket, type SocketOptions } from '../control/find-socket.js';
import { EX_OK } from '../exit-codes.js';
import { renderPlugins } from '../render/render-plugins.js';
import { renderStatus, type StatusAnswer } from '../render/render-status.js';

export interface ControlOptions extends SocketOptions {
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

async function ask(options: ControlOptions, path: string): Promise<unknown> {
  return await askMonitor(await findSocket(options), path);
}

function print({ json }: ControlOptions, answer: unknown, render: () => readonly string[]): void {
  const text = json === true ? JSON.stringify(answer, null, 2) : render().join('\n');
  process.stdout.write(`${text}\n`);
}
