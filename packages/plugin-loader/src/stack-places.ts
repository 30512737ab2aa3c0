/** A line of a stack that has a place in a file, as a path or as a file URL. */
const FRAME = /^ +at (?:.*? \()?(?:async )?(?:file:\/\/)?(\/.*)(:\d+:\d+)\)?$/gm;

export interface StackPlace {
  readonly path: string;
  /** `:line:column` */
  readonly position: string;
}

/** The places in files that an error's stack names, the innermost first; Node's own modules are no files. */
export function stackPlaces(error: unknown): StackPlace[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return [...stack.matchAll(FRAME)].map(([, path = '', position = '']) => ({
    path: decoded(path),
    position,
  }));
}

/** Node shows the path of a source as its URL has it, but for the "file://". */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
