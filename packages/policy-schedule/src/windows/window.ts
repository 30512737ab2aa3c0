/** Whether a window is open at an instant, and until when that is so at least. */
export interface WindowState {
  readonly isOpen: boolean;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
}

/** A span of time that comes again. */
export interface Window {
  /** `nowMs`: milliseconds since 1970. */
  stateAt(nowMs: number): WindowState;
  /** Whether it is open at that time, or ever later. */
  opensAgain(nowMs: number): boolean;
}
