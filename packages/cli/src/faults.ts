/** Takes a fault upon itself: true if the process goes on. */
export type FaultHandler = (error: unknown) => boolean;

let handler: FaultHandler | undefined;

/** Lets a fault be taken for a plugin's, where it is one, instead of ending the process. */
export function handleFaults(by: FaultHandler): void {
  handler = by;
}

/** Whether somebody has taken the fault upon themselves. */
export function isHandled(error: unknown): boolean {
  return handler?.(error) === true;
}
