/** A line of a stack that has a place in a file, as a path or as a file URL. */
const FRAME = /^ +at (?:.*? \()?(?:async )?(?:file:\/\/)?(\/.*)(:\d+:\d+)\)?$/gm;

export interface StackPlace {
  readonly path: string;
  /** `:line:column` */
  readonly position: string;
}

/** The places in files that an error's stack names, the innermost first; Node's own modules are no files. */
export function stackPlaces(error: unknown): StackPlace[] {
  const stack = stackOf(error);
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

/** `file:line:column` of the innermost place in one of these files; undefined if the stack names none of them. */
export function placeIn(error: unknown, files: readonly string[]): string | undefined {
  const place = stackPlaces(error).find(({ path }) => files.includes(path));
  return place === undefined ? undefined : `${place.path}${place.position}`;
}

/** A plugin can throw anything, with a stack that is no text, or that throws when it is asked for. */
function stackOf(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}
