import { messageOf, MonitorError, type Monitor, type SourceFile } from '@memory-monitor/core';

import { answerOf } from '../explain/answer.js';
import { parsePid } from '../explain/parse-pid.js';
import { ControlServer, type Routes } from './control-server.js';
import { socketPathFor } from './socket-path.js';

/** Opens the control socket. Trouble with it is told, and the monitor runs without. */
export async function openControlSocket(
  configured: string,
  monitor: Monitor,
  sources: () => readonly SourceFile[],
  tellTrouble: (message: string) => void,
): Promise<ControlServer | undefined> {
  const path = socketPathFor(configured);
  if (path === '') {
    return undefined;
  }
  try {
    return await ControlServer.open(path, routesOf(monitor, sources));
  } catch (error) {
    tellTrouble(
      `There is no control socket, so status, plugins and explain can not ask this monitor: ${messageOf(error)}`,
    );
    return undefined;
  }
}

function routesOf(monitor: Monitor, sources: () => readonly SourceFile[]): Routes {
  return {
    status: () => ({
      pid: process.pid,
      monitor: monitor.status() ?? notStarted(),
      plugins: monitor.describePlugins(),
    }),
    plugins: () => monitor.describePlugins(),
    explain: async (pid) => await answerOf(monitor, parsePid(pid), sources()),
  };
}

function notStarted(): never {
  throw new MonitorError('MM_ERR_NOT_RUNNING', 'The monitor is only starting; ask again in a moment.');
}
