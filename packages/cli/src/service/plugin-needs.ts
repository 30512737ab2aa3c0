import type { EmailConfig } from '@memory-monitor/notifier-email';

import { readConfiguration } from '../config/read-configuration.js';
import { NOTIFIER_EMAIL } from '../plugins/built-in-plugins.js';
import { createPluginLoader } from '../plugins/create-loader.js';
import { LOG } from './layout.js';
import { mailNeeds, type MailNeeds } from './mail-needs.js';
import type { Access } from './user-access.js';

/** What the configured plugins need of the service, by name. */
export interface PluginNeeds {
  readonly network: readonly string[];
  /** Each has a process of its own, which runs as another user. */
  readonly isolated: readonly string[];
  /** Where mail is configured. */
  readonly mail: MailNeeds | undefined;
}

/** What a configuration needs of the service. */
export interface Needs extends PluginNeeds, Access {}

/** Of the one that comes with it. */
export const USUAL_NEEDS: Needs = { network: [], isolated: [], mail: undefined, files: [], logFile: LOG };

/** Of the unit, for itself and for each isolated plugin. */
const OWN_MB = 100;
const ISOLATED_MB = 64;
const TO_SWITCH_USERS = 'CAP_SETUID CAP_SETGID CAP_CHOWN';

/** Loads the plugins of a configuration, as the service will. Rejects as that would. */
export async function findNeeds(config: string): Promise<Needs> {
  const { configuration, sources } = await readConfiguration({ config });
  const settings = { ...configuration.settings, stateDirectory: '' };
  const loader = createPluginLoader({ ...configuration, settings });
  try {
    const plugins = await loader.load(configuration.plugins, sources);
    for (const { discard } of plugins) {
      discard?.();
    }
    const email = plugins.find(({ source }) => source.use === NOTIFIER_EMAIL);
    const namesOf = (needy: typeof plugins): string[] => needy.map(({ definition }) => definition.name);
    return {
      network: namesOf(plugins.filter(({ definition }) => definition.needs?.includes('network') === true)),
      isolated: namesOf(plugins.filter(({ source }) => source.isIsolated)),
      mail: email === undefined ? undefined : mailNeeds(email.config as EmailConfig),
      files: [...configuration.files, ...plugins.flatMap(({ source }) => source.file ?? [])],
      logFile: settings.logFile,
    };
  } finally {
    await loader.dispose();
  }
}

/** A drop-in for the unit with exactly what is needed; undefined where that is nothing. A user of its own has only what it is given. */
export function needsDropIn(
  { network, isolated, mail }: PluginNeeds,
  hasOwnUser = false,
): string | undefined {
  if (network.length + isolated.length === 0 && mail === undefined) {
    return undefined;
  }
  return [
    '# Written by "memory-monitor install" for the plugins that are configured; run it again when they change.',
    '[Service]',
    ...(network.length === 0
      ? []
      : [
          `# The network, for ${network.join(', ')}.`,
          'PrivateNetwork=no',
          'IPAddressDeny=',
          'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK',
        ]),
    ...(isolated.length === 0
      ? []
      : [
          `# Processes of other users, for ${isolated.join(', ')}.`,
          `CapabilityBoundingSet=${TO_SWITCH_USERS}`,
          ...(hasOwnUser ? [`AmbientCapabilities=${TO_SWITCH_USERS}`] : []),
          'SystemCallFilter=@chown @setuid @resources capset',
          `MemoryMax=${OWN_MB + ISOLATED_MB * isolated.length}M`,
        ]),
    ...(mail === undefined ? [] : ['# Where mail is put, for its sender.', `ReadWritePaths=${mail.spool}`]),
    '',
  ].join('\n');
}
