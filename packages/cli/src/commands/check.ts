import {
  ConfigurationError,
  formatMistake,
  limitsOf,
  inGb,
  Whitelist,
  locate,
  PluginError,
  rowsOf,
  type Configuration,
  type ConfigurationMistake,
  type ErrorCode,
  type PluginDescription,
  type SourceFile,
} from '@memory-monitor/core';
import { LinuxProcessSource, SystemClock, SystemUsers } from '@memory-monitor/linux';

import {
  DEFAULT_CONFIG_PATH,
  readConfiguration,
  type ConfigurationOptions,
} from '../config/read-configuration.js';
import { EX_OK, exitCodeOf } from '../exit-codes.js';
import { countOfMistakes } from '../print-error.js';
import { withIdleMonitor } from '../plugins/idle-monitor.js';
import { warningsAboutNeeds } from '../plugins/needs.js';
import { warningsAboutUser } from '../service/user-access.js';

export interface CheckOptions extends ConfigurationOptions {
  readonly json?: boolean | undefined;
}

/** How long the user database may take for all users together. */
const USERS_DEADLINE_MS = 5000;

/** `memory-monitor check`: says whether `run` would start, and what in the configuration does nothing. */
export async function check(options: CheckOptions): Promise<number> {
  let sources: readonly SourceFile[] = [];
  try {
    const read = await readConfiguration(options);
    const { configuration } = read;
    ({ sources } = read);
    const { plugins, trouble } = await tryPlugins(configuration, sources);
    const warnings = [
      ...(await findWarnings(configuration)),
      ...trouble,
      ...warningsAboutNeeds(plugins),
      ...warningsAboutService(configuration, plugins),
    ];
    print(options, { valid: true, files: configuration.files, mistakes: [], warnings }, [
      ...warnings.map((warning) => `warning: ${warning}`),
      summary(configuration),
    ]);
    return EX_OK;
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return refuse(options, error.mistakes, error.code);
    }
    if (error instanceof PluginError) {
      return refuse(options, await mistakeOf(error, sources), error.code);
    }
    throw error;
  }
}

/** Of the configuration that the service reads, and no other. */
function warningsAboutService(
  { files, settings }: Configuration,
  plugins: readonly PluginDescription[],
): string[] {
  return files[0] === DEFAULT_CONFIG_PATH
    ? warningsAboutUser({
        files: [...files, ...plugins.flatMap(({ file }) => file ?? [])],
        logFile: settings.logFile,
      })
    : [];
}

function refuse(options: CheckOptions, mistakes: readonly ConfigurationMistake[], code: ErrorCode): number {
  const files = [...new Set(mistakes.map(({ file }) => file))];
  print(options, { valid: false, code, files, mistakes, warnings: [] }, [
    ...mistakes.map(formatMistake),
    `${capitalised(countOfMistakes(mistakes))} (${code}).`,
  ]);
  return exitCodeOf(code);
}

/** Loads plugins and sets them up as `run` does, and disposes of them; none is started. What they complain of is told. */
async function tryPlugins(
  configuration: Configuration,
  sources: readonly SourceFile[],
): Promise<{ readonly plugins: readonly PluginDescription[]; readonly trouble: readonly string[] }> {
  const trouble: string[] = [];
  const complain = (message: string): void => {
    trouble.push(message);
  };
  const plugins =
    configuration.plugins.length === 0
      ? []
      : await withIdleMonitor(
          configuration,
          sources,
          async (monitor) => Promise.resolve(monitor.describePlugins()),
          { onWarning: complain, onError: complain },
        );
  return { plugins, trouble };
}

/** A plugin that can't be had is a mistake at the place of its `use`; its sentence has a place in the plugin, where there is one. */
async function mistakeOf(
  { index, message }: PluginError,
  sources: readonly SourceFile[],
): Promise<ConfigurationMistake[]> {
  return await locate(sources, [{ path: ['plugins', index, 'use'], isAboutKey: false, message }]);
}

function print({ json }: CheckOptions, report: object, lines: readonly string[]): void {
  process.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : `${lines.join('\n')}\n`);
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function summary({ files, plugins, settings, thresholds }: Configuration): string {
  const { bytes, percentOfRam } = limitsOf(thresholds);
  const source = files.length === 0 ? `No ${DEFAULT_CONFIG_PATH}: the defaults` : files.join(', ');
  const mode = settings.dryRun ? 'a dry run' : 'armed';
  return `${source}: valid, ${mode}; limits ${percentOfRam}% of RAM or ${inGb(bytes)} by ${settings.measure}, every ${thresholds.checkIntervalSeconds} s${plugins.length === 0 ? '' : `, ${plugins.length === 1 ? '1 plugin' : `${plugins.length} plugins`}`}.`;
}

/** Rules that do nothing on this machine, most likely misspelt. */
async function findWarnings({ whitelist }: Configuration): Promise<string[]> {
  const users = new SystemUsers(new SystemClock());
  await users.resolve({ names: new Whitelist(whitelist).userNames }, USERS_DEADLINE_MS);
  const source = new LinuxProcessSource();
  const running = runningProcesses(source);
  const isUnknown = (user: string): boolean => users.uidOf(user).state === 'absent' && !/^\d+$/.test(user);
  const unknownUsers = [
    ...whitelist.users.map((user) => ({ key: 'users', user })),
    ...whitelist.names.flatMap(({ user }) => (user === undefined ? [] : { key: 'names', user })),
  ]
    .filter(({ user }) => isUnknown(user))
    .map(({ key, user }) => `whitelist.${key}: there is no user "${user}" on this machine.`);
  const idlePids = whitelist.pids
    .filter((pid) => !running.pids.has(pid))
    .map((pid) => `whitelist.pids: no process has PID ${pid} now.`);
  const idleNames = whitelist.names
    .filter((entry) => !running.names.some((name) => matchesAnybody(entry.name, name)))
    .map(({ name }) => `whitelist.names: "${name}" matches no process that runs now.`);
  return [...unknownUsers, ...idlePids, ...idleNames];
}

function matchesAnybody(entry: string, name: string): boolean {
  const nobody = { uid: 0, name: undefined, users: { uidOf: () => ({ state: 'unanswered' as const }) } };
  return (
    new Whitelist({ pids: [], users: [], names: [{ name: entry }] }).findName([name], nobody) !== undefined
  );
}

function runningProcesses(source: LinuxProcessSource): { pids: Set<number>; names: string[] } {
  const samples = rowsOf(source.scan());
  const names = samples.flatMap((sample) => {
    const inspection = source.inspect(sample);
    return inspection === undefined ? [] : [inspection.name, inspection.executableName ?? inspection.name];
  });
  return { pids: new Set(samples.map(({ pid }) => pid)), names };
}
