import type { ProcessInspection } from '../ports.js';

/** The longest name that a file can have; more of an argument is no name. */
const NAME_MAX = 255;

/**
 * The name of a process in full. The kernel keeps 15 bytes of it; `argv[0]` completes it only if it begins with those,
 * since a process chooses its arguments freely and must not be able to borrow a protected name.
 *
 * Returns undefined where the name is cut and the command line could not be read.
 */
export function wholeNameOf(
  inspection: Pick<ProcessInspection, 'comm' | 'name' | 'isCommCut'>,
  commandLine: readonly string[] | undefined,
): string | undefined {
  if (!inspection.isCommCut) {
    return inspection.name;
  }
  if (commandLine === undefined) {
    return undefined;
  }
  const baseName = (commandLine[0]?.split('/').at(-1) ?? '').slice(0, NAME_MAX);
  // The cut may have gone through the middle of a character, which then reads as U+FFFD.
  return baseName.startsWith(inspection.comm.replace(/\uFFFD+$/u, '')) ? baseName : inspection.name;
}
