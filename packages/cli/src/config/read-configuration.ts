import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';

import {
  defaultConfiguration,
  messageOf,
  MonitorError,
  parseConfiguration,
  type Configuration,
  type SourceFile,
} from '@memory-monitor/core';
import { requireTrusted } from '@memory-monitor/plugin-loader';

export const DEFAULT_CONFIG_PATH = '/etc/memory-monitor/config.toml';
const DROP_IN_DIRECTORY = 'conf.d';

/** What the command line says about the configuration. */
export interface ConfigurationOptions {
  /** Path of the file; without one, the installed file, and without that, the defaults as a dry run. */
  readonly config?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly logFormat?: 'text' | 'json' | undefined;
}

/** A configuration, and the files that it was read from, as they were then. */
export interface ReadConfiguration {
  readonly configuration: Configuration;
  readonly sources: readonly SourceFile[];
}

/**
 * Reads the configuration and its drop-ins, and lays the command line's options over it. Rejects with MM_ERR_CONFIG_NOT_FOUND,
 * MM_ERR_CONFIG_UNREADABLE, a `ConfigurationError`, or MM_ERR_UNTRUSTED if, to root, somebody else could change a file.
 */
export async function readConfiguration(options: ConfigurationOptions): Promise<ReadConfiguration> {
  const read = await parseSources(readFiles(options.config), options);
  for (const path of read.configuration.files) {
    // A neighbour in a sticky directory such as /tmp can't change the file, but could plant what a plugin imports.
    requireTrusted(isAbsolute(path) ? path : `${process.cwd()}/${path}`, 'the configuration', {
      allowsSticky: read.configuration.plugins.length === 0,
    });
  }
  return read;
}

/** Lays the command line's options over what files say, wherever those come from. Rejects with a `ConfigurationError`. */
export async function parseSources(
  sources: readonly SourceFile[],
  options: ConfigurationOptions,
): Promise<ReadConfiguration> {
  const configuration = sources.length === 0 ? defaultConfiguration() : await parseConfiguration(sources);
  const { settings } = configuration;
  return {
    sources,
    configuration: {
      ...configuration,
      settings: {
        ...settings,
        dryRun: options.dryRun === true || settings.dryRun,
        logFormat: options.logFormat ?? settings.logFormat,
      },
    },
  };
}

function readFiles(path: string | undefined): SourceFile[] {
  const main = readFile(path ?? DEFAULT_CONFIG_PATH);
  if (main === undefined) {
    if (path === undefined) {
      return [];
    }
    throw new MonitorError(
      'MM_ERR_CONFIG_NOT_FOUND',
      `There is no configuration file ${path}; check the path given with --config.`,
    );
  }
  const directory = inDirectory(dirname(main.path), DROP_IN_DIRECTORY);
  return [main, ...listDropIns(directory).flatMap((name) => readFile(inDirectory(directory, name)) ?? [])];
}

/** Not by `join`, which would make "link/.." the directory that the link lies in, and not the one above where it leads. */
function inDirectory(directory: string, name: string): string {
  return directory === '.' ? name : `${directory.replace(/\/$/, '')}/${name}`;
}

function listDropIns(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.toml') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return [];
    }
    throw unreadable(directory, error);
  }
}

/** Undefined if there is no such file. */
function readFile(path: string): SourceFile | undefined {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      const message = `${path} is a directory, not a configuration file; give the path of the file.`;
      throw new MonitorError('MM_ERR_CONFIG_NOT_FOUND', message, { cause: error });
    }
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): MonitorError {
  const message = `The configuration ${path} can not be read; check its permissions: ${messageOf(error)}.`;
  return new MonitorError('MM_ERR_CONFIG_UNREADABLE', message, { cause: error });
}
