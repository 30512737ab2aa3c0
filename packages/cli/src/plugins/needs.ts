import { createSocket } from 'node:dgram';
import { execFileSync } from 'node:child_process';

import type { PluginDescription } from '@memory-monitor/core';

import { SERVICE } from '../service/layout.js';

/** What to do about a need that the sandbox does not meet. */
export const REMEDY =
  'run "sudo memory-monitor install" again, which lets the service have what its plugins need';

/** What plugins need and the installed service does not have, as sentences; nothing where there is no such service. */
export function warningsAboutNeeds(plugins: readonly PluginDescription[]): string[] {
  const names = plugins.filter(({ needs }) => needs.includes('network')).map(({ name }) => name);
  const isolated = plugins.filter(({ isolation }) => isolation !== undefined).map(({ name }) => name);
  const unit = names.length + isolated.length === 0 ? undefined : unitProperties();
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

/** What the unit allows, by the service manager; undefined where there is no such unit, or no systemd. */
function unitProperties(): { readonly hasNetwork: boolean; readonly maySetUid: boolean } | undefined {
  try {
    const properties = 'LoadState,RestrictAddressFamilies,PrivateNetwork,CapabilityBoundingSet';
    const text = execFileSync('systemctl', ['show', SERVICE, `--property=${properties}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const valueOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
    if (valueOf('LoadState') !== 'loaded') {
      return undefined;
    }
    const families = valueOf('RestrictAddressFamilies');
    const isOpen = families === '' || families.startsWith('~') || families.includes('AF_INET');
    return {
      hasNetwork: isOpen && valueOf('PrivateNetwork') !== 'yes',
      maySetUid: valueOf('CapabilityBoundingSet').includes('cap_setuid'),
    };
  } catch {
    return undefined;
  }
}
