import type { EmailConfig } from '@memory-monitor/notifier-email';

import { readConfiguration } from '../config/read-configuration.js';
import { NOTIFIER_EMAIL } from '../plugins/built-in-plugins.js';
import { createPluginLoader } from '../plugins/create-loader.js';
import { mailNeeds, type MailNeeds } from './mail-needs.js';

/** What the configured plugins need of the service, by name. */
export interface PluginNeeds {
  readonly network: readonly string[];
  /** Each has a process of its own, which runs as another user. */
  readonly isolated: readonly string[];
  /** Where mail is configured. */
  readonly mail: MailNeeds | undefined;
}

export const NO_NEEDS: PluginNeeds = { network: [], isolated: [], mail: undefined };

/** Of the unit, for itself and for each isolated plugin. */
const OWN_MB = 100;
const ISOLATED_MB = 64;

/** Loads the plugins of a configuration, as the service will. Rejects as that would. */
export async function findPluginNeeds(config: string): Promise<PluginNeeds> {
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
    };
  } finally {
    await loader.dispose();
  }
}

/** A drop-in for the unit with exactly what is needed; undefined where that is nothing. */
export function needsDropIn({ network, isolated, mail }: PluginNeeds): string | undefined {
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
          'CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN',
          'SystemCallFilter=@chown @setuid @resources capset',
          `MemoryMax=${OWN_MB + ISOLATED_MB * isolated.length}M`,
        ]),
    ...(mail === undefined ? [] : ['# Where mail is put, for its sender.', `ReadWritePaths=${mail.spool}`]),
    '',
  ].join('\n');
}
