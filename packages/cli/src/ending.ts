let action: (() => void) | undefined;

/** Called where the process ends by our own will; not where code of a plugin ends it. */
export function beforeEnding(act: () => void): void {
  action = act;
}

/** Ends the process at once. */
export function endProcess(code: number): never {
  action?.();
  process.exit(code);
}
