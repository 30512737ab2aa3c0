import { Socket } from 'node:net';

import { PluginServer, type FromChild, type PluginCode, type ToChild } from '@memory-monitor/core';
import { SystemClock } from '@memory-monitor/linux';

import { importDefault } from '../import-default.js';
import type { BuiltInPlugins } from '../plugin-loader.js';
import { shareCore } from '../share-core.js';
import { FrameReader } from './frames.js';

/** Where the launcher has put the link. */
const LINK_FD = 3;

/** Serves the one plugin of this process: all that it knows of the monitor comes over the link. */
export function serveChild(builtIn: BuiltInPlugins): void {
  const link = new Socket({ fd: LINK_FD });
  const send = (message: FromChild): void => {
    link.write(`${JSON.stringify(message)}\n`);
  };
  const importPlugin = async (code: PluginCode, use: string): Promise<unknown> =>
    code.file === '' ? await builtIn[use]?.() : await importDefault(code);
  const server = new PluginServer({ clock: new SystemClock(), send, importPlugin });
  const frames = new FrameReader((message) => {
    void server.take(message as ToChild);
  });
  // Whatever the plugin has left without a listener is told, and its process goes on.
  process.on('uncaughtException', (error) => {
    server.tellFailure(error);
  });
  shareCore();
  link.on('data', (chunk) => {
    frames.push(chunk);
  });
  // The monitor is gone.
  for (const event of ['close', 'error'] as const) {
    link.on(event, () => process.exit(0));
  }
}
