import {
  CONFIGURATION,
  definePlugin,
  GUARDS,
  PROCESS_SOURCE,
  USER_DATABASE,
  type PluginHost,
} from '@memory-monitor/core';

import { configSchema, type UserPolicyConfig } from './config.js';
import { doubtfulRules } from './rules/doubtful.js';
import { RuleBook } from './rules/rule-book.js';
import { ruleOf, type Rule } from './rules/rule.js';
import { shadowedRules } from './rules/shadowed.js';
import { strangers } from './rules/strangers.js';
import { SCHEDULE, type NamedWindows } from './schedule-token.js';
import { UserPolicy } from './user-policy.js';

export { configSchema, type UserPolicyConfig } from './config.js';

const DETECT_MS = 1000;

/** Limits by user, group and uid: on each process, and on what a user's processes take in total. */
export default definePlugin({
  name: 'policy-user',
  apiVersion: 1,
  config: configSchema,
  async setup(host) {
    const users = host.get(USER_DATABASE);
    const rules = await rulesOf(host);
    const source = host.get(PROCESS_SOURCE);
    for (const sentence of [
      ...shadowedRules(rules),
      ...doubtfulRules(rules, source.readMemory()),
      ...(await strangers(rules, users)),
    ]) {
      host.logger.warn(sentence);
    }
    const configuration = host.get(CONFIGURATION);
    const policy = new UserPolicy({
      plugin: host.name,
      book: new RuleBook(rules, users, windowsOf(host, rules)),
      users,
      source,
      guards: host.get(GUARDS),
      clock: host.clock,
      measure: () => configuration.settings.measure,
      mostKills: () => configuration.settings.maxKillsPerMinute,
      warn: (message) => {
        host.logger.warn(message);
      },
    });
    host.overrideLimits((sample) => policy.limits(sample));
    host.detect(async (scan) => await policy.detect(scan), { deadlineMs: DETECT_MS });
    host.decide((violation) => policy.decide(violation));
    host.overrideInterval((seconds) => policy.interval(seconds));
  },
});

async function rulesOf(host: PluginHost<UserPolicyConfig>): Promise<Rule[]> {
  return await Promise.all(
    host.config.rules.map(async (rule, index) =>
      ruleOf(rule, await host.configPlace(['rules', index]), index),
    ),
  );
}

/** Throws where a rule names a window that there is not. */
function windowsOf(host: PluginHost, rules: readonly Rule[]): (name: string) => boolean {
  const wanted = rules.flatMap(({ during, title }) => (during === undefined ? [] : [{ during, title }]));
  if (wanted.length === 0) {
    return () => false;
  }
  const windows = scheduleOf(host, wanted[0]?.title ?? '');
  for (const { during, title } of wanted) {
    if (!windows.names.includes(during)) {
      const known = windows.names.length === 0 ? 'none has a name' : `there are ${windows.names.join(', ')}`;
      throw new Error(
        `${title} is for the window "${during}", which policy-schedule does not have; ${known}`,
      );
    }
  }
  return (name) => windows.isOpen(name);
}

/** Throws where there is none before this plugin. */
function scheduleOf(host: PluginHost, title: string): NamedWindows {
  try {
    return host.get(SCHEDULE);
  } catch (error) {
    throw new Error(
      `${title} has "during", a window of @memory-monitor/policy-schedule; configure that plugin before this one`,
      { cause: error },
    );
  }
}
