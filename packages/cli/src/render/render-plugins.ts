import { printable, type HookStatistics, type PluginDescription } from '@memory-monitor/core';

import { inColumns } from './columns.js';

/** The plugins for a person, as lines. */
export function renderPlugins(plugins: readonly PluginDescription[]): string[] {
  return plugins.length === 0 ? ['No plugins are configured.'] : plugins.flatMap(renderPlugin);
}

function renderPlugin({ name, version, use, file, isolation, needs, hooks }: PluginDescription): string[] {
  const where = file === undefined ? use : printable(file);
  const traits = [
    ...(isolation === undefined ? [] : [isolationText(isolation)]),
    ...needs.map((need) => `needs the ${need}`),
  ];
  return [
    [`${name}${version === undefined ? '' : ` ${printable(version)}`}`, where, ...traits].join(', '),
    ...inColumns(hooks.map(hookRow)),
    ...hooks.flatMap(({ hook, lastFailure }) =>
      lastFailure === undefined ? [] : [`  last failure in ${hook}: ${printable(lastFailure)}`],
    ),
  ];
}

function isolationText({ state, pid, restarts }: NonNullable<PluginDescription['isolation']>): string {
  const process = pid === undefined ? '' : `, PID ${pid}`;
  return `isolated (${state}${process}, started again ${restarts} times)`;
}

function hookRow({ hook, calls, failures, totalMs, longestMs }: HookStatistics): string[] {
  const average = calls === 0 ? 0 : totalMs / calls;
  return [
    hook,
    `${calls} calls`,
    `${failures} failures`,
    `${totalMs.toFixed(1)} ms in all`,
    `${average < 0.01 ? average.toFixed(5) : average.toFixed(2)} ms each`,
    `${longestMs.toFixed(1)} ms at most`,
  ];
}
