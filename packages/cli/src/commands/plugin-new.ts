import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';

import { EX_OK } from '../exit-codes.js';
import { templateFiles } from '../scaffold/template.js';

export interface PluginNewOptions {
  readonly directory?: string | undefined;
}

/** As `definePlugin` takes them, and what may stand in the name of a directory and of an npm package. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const LONGEST_NAME = 60;

/** `memory-monitor plugin new NAME`: writes a plugin with its test, its configuration and what it takes to run both. */
export function pluginNew(name: string, { directory = name }: PluginNewOptions): number {
  if (!NAME.test(name) || name.length > LONGEST_NAME) {
    throw new MonitorError(
      'MM_ERR_USAGE',
      `"${name}" is no name for a plugin; accepted: lower-case letters, digits and dashes, as in spare-notebooks.`,
    );
  }
  const root = resolve(directory);
  requireEmpty(root);
  const files = templateFiles(name);
  for (const { path, text } of files) {
    write(join(root, path), text);
  }
  const paths = files.map(({ path }) => path).join(', ');
  process.stdout.write(`Wrote ${directory}: ${paths}.\n${nextSteps(directory)}`);
  return EX_OK;
}

function nextSteps(directory: string): string {
  return `Next:
  cd ${directory}
  npm install && npm test
  memory-monitor run --dry-run --config config.toml
Its README tells how it gets into the service.
`;
}

/** What is there already is never written over. */
function requireEmpty(directory: string): void {
  let entries: string[];
  try {
    entries = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return;
    }
    throw failed(directory, error);
  }
  if (entries.length > 0) {
    throw new MonitorError(
      'MM_ERR_NOT_CREATED',
      `${directory} is not empty; take another --directory, or empty it first.`,
    );
  }
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, error: unknown): MonitorError {
  const message = `${path} can not be written: ${messageOf(error)}; take another --directory.`;
  return new MonitorError('MM_ERR_NOT_CREATED', message, { cause: error });
}
