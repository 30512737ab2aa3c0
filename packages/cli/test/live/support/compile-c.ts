import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles `programs/NAME.c` into a directory; returns the program's path. */
export function compileC(name: string, directory: string): string {
  // Tests run from dist-test/, which no C goes to.
  const source = fileURLToPath(new URL(`../../../test/live/programs/${name}.c`, import.meta.url));
  const program = `${directory}/${name}`;
  const { status, stderr } = spawnSync('cc', ['-O1', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`cc: ${stderr}`);
  }
  return program;
}
