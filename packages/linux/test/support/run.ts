import { spawnSync, type SpawnSyncOptions, type SpawnSyncReturns } from 'node:child_process';

/** The root of the package: `#src/…` means something to a script that runs there. */
export const PACKAGE_ROOT = new URL('../..', import.meta.url);

/** Runs a program to its end, in the root of the package. */
export function run(
  command: string,
  args: readonly string[] = [],
  options: SpawnSyncOptions = {},
): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd: PACKAGE_ROOT, ...options, encoding: 'utf8' });
}

/** The command that runs a script as a module of this package. */
export function nodeRunning(script: string): [string, ...string[]] {
  return [process.execPath, '--input-type=module', '--eval', script];
}
