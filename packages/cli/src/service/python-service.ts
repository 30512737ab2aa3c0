import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';

import { CONFIG_LINK, PROGRAM_DIRECTORY, UNIT_DIRECTORY } from './layout.js';
import { succeeds, systemctl } from './system.js';

/** Its README calls the unit by both names. */
const UNIT_NAMES = ['memory-monitor.service', 'memory_monitor.service'];
const PROGRAM_NAME = 'memory_monitor.py';
export const BACKUP = `${PROGRAM_DIRECTORY}/python-service`;

/** The Python service of the same name, where it is installed. */
export interface PythonService {
  readonly units: readonly string[];
  /** Its configuration, if it has one. */
  readonly config: string | undefined;
}

export function findPythonService(): PythonService | undefined {
  const units = UNIT_NAMES.filter((name) => {
    const path = join(UNIT_DIRECTORY, name);
    return existsSync(path) && readFileSync(path, 'utf8').includes(PROGRAM_NAME);
  });
  const hasProgram = existsSync(join(PROGRAM_DIRECTORY, PROGRAM_NAME));
  if (units.length === 0 && !hasProgram) {
    return undefined;
  }
  const hasConfig = existsSync(CONFIG_LINK) && !lstatSync(CONFIG_LINK).isSymbolicLink();
  return { units, config: hasConfig ? CONFIG_LINK : undefined };
}

/** What `retirePythonService` does. */
export function retirementOf({ units }: PythonService): string[] {
  return [
    ...units.flatMap((unit) => [
      `run    systemctl disable --now ${unit}`,
      `move   ${join(UNIT_DIRECTORY, unit)} to ${BACKUP}/`,
    ]),
    `move   the Python service's files in ${PROGRAM_DIRECTORY} to ${BACKUP}/`,
  ];
}

/** Stops it and puts its files aside; `restorePythonService` is the way back. */
export function retirePythonService({ units }: PythonService): void {
  mkdirSync(BACKUP, { recursive: true, mode: 0o755 });
  for (const unit of units) {
    systemctl('disable', '--now', unit);
    renameSync(join(UNIT_DIRECTORY, unit), join(BACKUP, unit));
  }
  for (const name of readdirSync(PROGRAM_DIRECTORY)) {
    if (/\.py$|^(?:config\.toml|requirements\.txt|pyproject\.toml|__pycache__|\.venv|venv)$/.test(name)) {
      const target = join(BACKUP, name);
      rmSync(target, { recursive: true, force: true });
      renameSync(join(PROGRAM_DIRECTORY, name), target);
    }
  }
}

export function restorePythonService({ units }: PythonService): void {
  for (const name of readdirSync(BACKUP)) {
    const directory = units.includes(name) ? UNIT_DIRECTORY : PROGRAM_DIRECTORY;
    rmSync(join(directory, name), { recursive: true, force: true });
    cpSync(join(BACKUP, name), join(directory, name), { recursive: true, preserveTimestamps: true });
  }
  rmSync(BACKUP, { recursive: true, force: true });
  systemctl('daemon-reload');
  for (const unit of units) {
    succeeds('systemctl', 'enable', '--now', unit);
  }
}
