import { createSocket } from 'node:dgram';

import type { PluginDescription } from '@memory-monitor/core';

import { SERVICE } from '../service/layout.js';
import { readUnit } from '../service/unit-properties.js';

/** What to do about a need that the sandbox does not meet. */
export const REMEDY =
  'run "sudo memory-monitor install" again, which lets the service have what its plugins need';

/** What plugins need and the installed service does not have, as sentences; nothing where there is no such service. */
export function warningsAboutNeeds(plugins: readonly PluginDescription[]): string[] {
  const names = plugins.filter(({ needs }) => needs.includes('network')).map(({ name }) => name);
  const isolated = plugins.filter(({ isolation }) => isolation !== undefined).map(({ name }) => name);
  const unit = names.length + isolated.length === 0 ? undefined : readUnit();
  if (unit === undefined) {
    return [];
  }
  return [
    ...(names.length > 0 && !unit.hasNetwork
      ? [`plugins: ${names.join(', ')} needs the network, and ${SERVICE} has none; ${REMEDY}.`]
      : []),
    ...(isolated.length > 0 && !unit.maySetUid
      ? [
          `plugins: ${isolated.join(', ')} is isolated, and ${SERVICE} may not start processes as another user; ${REMEDY}.`,
        ]
      : []),
  ];
}

/** Which of these plugins need the network that this process can't have. */
export async function withoutNetwork(plugins: readonly PluginDescription[]): Promise<readonly string[]> {
  const needy = plugins.filter(({ needs }) => needs.includes('network')).map(({ name }) => name);
  return needy.length === 0 || (await canOpenSocket()) ? [] : needy;
}

/** Opens one, and sends nothing: a sandbox refuses the address family itself. */
async function canOpenSocket(): Promise<boolean> {
  return await new Promise((resolve) => {
    try {
      const socket = createSocket('udp4');
      socket.once('error', () => {
        socket.close();
        resolve(false);
      });
      socket.bind(0, '127.0.0.1', () => {
        socket.close();
        resolve(true);
      });
    } catch {
      resolve(false);
    }
  });
}
