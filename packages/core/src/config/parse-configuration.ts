import * as v from 'valibot';

import type { Configuration } from './configuration.js';
import { explainIssue } from './explain.js';
import { locate } from './locate.js';
import { mergeTables } from './merge.js';
import { ConfigurationError, type ConfigurationMistake } from './mistake.js';
import { parseToml } from './parse-toml.js';
import { fileSchema } from './schema.js';
import type { SourceFile } from './source-file.js';

/**
 * Reads a configuration from its files, the main one first, then the drop-ins in the order in which they are merged.
 * Rejects with a `ConfigurationError` that holds every mistake of every file.
 */
export async function parseConfiguration(files: readonly SourceFile[]): Promise<Configuration> {
  const parsed = files.map(({ text }) => parseToml(text));
  const { table: merged } = mergeTables(parsed.map(({ table }) => table));
  const result = v.safeParse(fileSchema, merged);
  const syntaxMistakes = parsed.flatMap(({ mistakes }, index) =>
    mistakes.map((mistake) => ({ file: files[index]?.path ?? '', key: undefined, ...mistake })),
  );
  const remarks = (result.issues ?? []).flatMap(explainIssue);
  const mistakes = [...syntaxMistakes, ...(await locate(files, remarks))];
  if (mistakes.length > 0 || !result.success) {
    throw new ConfigurationError(mistakes.sort(byPlace));
  }
  return configurationFrom(
    result.output,
    files.map(({ path }) => path),
  );
}

/** The defaults, for a monitor that has no file at all: a dry run that writes to nothing but its standard output. */
export function defaultConfiguration(): Configuration {
  const { settings, ...rest } = configurationFrom(v.parse(fileSchema, {}), []);
  return {
    ...rest,
    settings: {
      ...settings,
      dryRun: true,
      logFile: '',
      enableSyslog: false,
      stateDirectory: '',
      controlSocket: '',
    },
  };
}

function byPlace(a: ConfigurationMistake, b: ConfigurationMistake): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

function configurationFrom(
  { thresholds, whitelist, settings, plugins }: v.InferOutput<typeof fileSchema>,
  files: readonly string[],
): Configuration {
  return {
    thresholds: {
      ramPercentThreshold: thresholds.ram_percent_threshold,
      ramGbThreshold: thresholds.ram_gb_threshold,
      checkIntervalSeconds: thresholds.check_interval,
    },
    whitelist,
    settings: {
      dryRun: settings.dry_run,
      logFile: settings.log_file,
      enableSyslog: settings.enable_syslog,
      logFormat: settings.log_format,
      logCommandLines: settings.log_command_lines,
      measure: settings.measure,
      graceSeconds: settings.grace_seconds,
      maxKillsPerMinute: settings.max_kills_per_minute,
      fillRateGbPerSecond: settings.fill_rate_gb_per_second,
      maxDeferSeconds: settings.max_defer_seconds,
      stateDirectory: settings.state_directory,
      heldDescriptors: settings.held_descriptors,
      controlSocket: settings.control_socket,
    },
    plugins: plugins.map(({ use, config, isolate, on_failure: onFailure }) => ({
      use,
      config,
      isolate,
      onFailure,
    })),
    files,
  };
}
