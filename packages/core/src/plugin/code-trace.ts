/** Notes whose code is running, where the note outlives the process: should it end in there, that is known afterwards. */
export interface CodeTrace {
  /** The plugin's code begins. Returns whose ran before. */
  enter(): number;
  /** It has come back; `before` is what `enter` gave. */
  leave(before: number): void;
}

/** Nobody asks afterwards. */
export const NO_TRACE: CodeTrace = { enter: () => 0, leave: () => undefined };

/** Runs code of a plugin to its return; what it goes on with in a promise runs outside of it. */
export function traced<T>(trace: CodeTrace, call: () => T): T {
  const before = trace.enter();
  try {
    return call();
  } finally {
    trace.leave(before);
  }
}

/** Until the promise is settled. Two of these never overlap. */
export async function tracedToTheEnd<T>(trace: CodeTrace, call: () => T | Promise<T>): Promise<T> {
  const before = trace.enter();
  try {
    return await call();
  } finally {
    trace.leave(before);
  }
}
