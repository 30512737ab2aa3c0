import {
  definePlugin,
  GUARDS,
  inGb,
  PROCESS_GROUPS,
  PROCESS_SOURCE,
  USER_DATABASE,
  type MachineMemory,
} from '@memory-monitor/core';

import { configSchema, type PressureConfig } from './config.js';
import { ShortageWatch } from './levels/shortage.js';
import { PressurePolicy } from './pressure-policy.js';

export { configSchema, type PressureConfig } from './config.js';

const DETECT_MS = 1000;

/** Acts when the whole machine is short of memory: ends one process at a time, and waits for what that gives back. */
export default definePlugin({
  name: 'policy-pressure',
  apiVersion: 1,
  config: configSchema,
  setup(host) {
    const source = host.get(PROCESS_SOURCE);
    const readPressure = () => source.readPressure?.();
    const warn = (message: string): void => {
      host.logger.warn(message);
    };
    for (const sentence of doubts(host.config, source.readMemory(), readPressure() !== undefined)) {
      warn(sentence);
    }
    const policy = new PressurePolicy({
      plugin: host.name,
      config: host.config,
      source,
      guards: host.get(GUARDS),
      users: host.get(USER_DATABASE),
      groups: host.get(PROCESS_GROUPS),
      clock: host.clock,
      readPressure,
      warn,
    });
    host.detect(async (scan) => await policy.detect(scan), { deadlineMs: DETECT_MS });
    host.decide((violation) => policy.decide(violation));
    host.scanEarly((memory) => policy.dueBelowBytes(memory));
    host.overrideInterval((seconds) => policy.interval(seconds));
    host.on('decision', (event) => {
      policy.onDecision(event);
    });
    host.on('kill', (event) => {
      policy.onKill(event);
    });
  },
});

/** Sentences about what is valid, and hardly what somebody wants on this machine. */
function doubts(config: PressureConfig, memory: MachineMemory, hasPressure: boolean): string[] {
  const { soft, hard } = new ShortageWatch(config).levels(memory);
  return [
    ...(soft !== undefined && hard !== undefined && hard > soft
      ? [`The hard level of ${inGb(hard)} is above the soft one of ${inGb(soft)}, which never counts`]
      : []),
    ...(config.pressure !== undefined && !hasPressure
      ? ['This kernel tells no memory pressure (PSI), so [plugins.config.pressure] never counts']
      : []),
  ];
}
