import { execFileSync } from 'node:child_process';

import { SERVICE } from './layout.js';

/** What the unit of the service allows. */
export interface UnitProperties {
  readonly hasNetwork: boolean;
  /** Whether it may start processes as another user. */
  readonly maySetUid: boolean;
  /** Whom it runs as; undefined for root. */
  readonly user: string | undefined;
}

const PROPERTIES = [
  'LoadState',
  'RestrictAddressFamilies',
  'PrivateNetwork',
  'CapabilityBoundingSet',
  'AmbientCapabilities',
  'User',
];

/** By the service manager; undefined where there is no such unit, or no systemd. */
export function readUnit(): UnitProperties | undefined {
  try {
    const text = execFileSync('systemctl', ['show', SERVICE, `--property=${PROPERTIES.join(',')}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return parseUnit(text);
  } catch {
    return undefined;
  }
}

/** What `systemctl show` has printed. */
export function parseUnit(text: string): UnitProperties | undefined {
  const valueOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  if (valueOf('LoadState') !== 'loaded') {
    return undefined;
  }
  const families = valueOf('RestrictAddressFamilies');
  const isOpen = families === '' || families.startsWith('~') || families.includes('AF_INET');
  const user = ['', 'root', '0'].includes(valueOf('User')) ? undefined : valueOf('User');
  // Root has by itself what the bounding set leaves; another user only what it is given.
  const capabilities = ['CapabilityBoundingSet', ...(user === undefined ? [] : ['AmbientCapabilities'])];
  return {
    hasNetwork: isOpen && valueOf('PrivateNetwork') !== 'yes',
    maySetUid: capabilities.every((name) => valueOf(name).includes('cap_setuid')),
    user,
  };
}
