import type { Clock } from '../ports.js';

interface Sleeper {
  readonly endMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop that let everything run which a wake-up has set going. */
const SETTLING_TURNS = 5;

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #startMs: number;
  readonly #sleepers = new Set<Sleeper>();
  #elapsedMs = 0;

  /** `startMs`: milliseconds since 1970. */
  constructor(startMs = Date.UTC(2025, 9, 3, 10, 15, 30)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number, ...aborts: readonly AbortSignal[]): Promise<void> {
    if (ms <= 0 || aborts.some(({ aborted }) => aborted)) {
      return;
    }
    await new Promise<void>((resolve) => {
      const sleeper = {
        endMs: this.#elapsedMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          for (const abort of aborts) {
            abort.removeEventListener('abort', sleeper.wake);
          }
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      for (const abort of aborts) {
        abort.addEventListener('abort', sleeper.wake);
      }
    });
  }

  /** Sets the time of day, forward or back, as somebody does who corrects a clock: no time passes. Milliseconds since 1970. */
  setTo(nowMs: number): void {
    this.#startMs += nowMs - this.now();
  }

  /** Lets time pass: whoever sleeps wakes at the right moment, in order, and gets to run before time goes on. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#nextBefore(targetMs); next !== undefined; next = this.#nextBefore(targetMs)) {
      this.#elapsedMs = next.endMs;
      next.wake();
      await settle();
    }
    this.#elapsedMs = targetMs;
    await settle();
  }

  /** Lets time pass until the next sleeper wakes, which has not run yet when this returns. */
  skip(): void {
    const next = this.#nextBefore(Infinity);
    this.#elapsedMs = next?.endMs ?? this.#elapsedMs;
    next?.wake();
  }

  #nextBefore(targetMs: number): Sleeper | undefined {
    return [...this.#sleepers].filter(({ endMs }) => endMs <= targetMs).sort((a, b) => a.endMs - b.endMs)[0];
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
