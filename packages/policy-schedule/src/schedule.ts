import type { Window } from './windows/window.js';

/** The window that is in force, if any, and until when that is so at least. */
export interface InForce<W> {
  readonly window: W | undefined;
  /** Milliseconds since 1970; never infinite. */
  readonly untilMs: number;
}

interface Answer<W> extends InForce<W> {
  readonly fromMs: number;
}

/** Windows in their order: the first one that is open is in force. Cheap to ask again and again for the same time. */
export class Schedule<W extends { readonly window: Window }> {
  readonly #windows: readonly W[];
  readonly #canBeInForce: (window: W) => boolean;
  #last: Answer<W> | undefined;

  /** `canBeInForce`: of the others, only the boundaries count. */
  constructor(windows: readonly W[], canBeInForce: (window: W) => boolean = () => true) {
    this.#windows = windows;
    this.#canBeInForce = canBeInForce;
  }

  /** `nowMs`: milliseconds since 1970. The clock may have been set back meanwhile. */
  at(nowMs: number): InForce<W> {
    if (this.#last === undefined || nowMs < this.#last.fromMs || nowMs >= this.#last.untilMs) {
      this.#last = this.#lookAt(nowMs);
    }
    return this.#last;
  }

  #lookAt(nowMs: number): Answer<W> {
    const states = this.#windows.map((entry) => ({ entry, ...entry.window.stateAt(nowMs) }));
    return {
      window: states.find(({ isOpen, entry }) => isOpen && this.#canBeInForce(entry))?.entry,
      fromMs: nowMs,
      untilMs: Math.min(...states.map(({ untilMs }) => untilMs)),
    };
  }
}
