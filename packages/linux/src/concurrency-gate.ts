/** Lets so many run at a time and so many wait; turns away everyone else. */
export class ConcurrencyGate {
  readonly #mostRunning: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(mostRunning: number, mostWaiting: number) {
    this.#mostRunning = mostRunning;
    this.#mostWaiting = mostWaiting;
  }

  /** Runs `work` when it is its turn; undefined if too many are waiting already. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running < this.#mostRunning) {
      this.#running += 1;
    } else if (this.#waiting.length < this.#mostWaiting) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    } else {
      return undefined;
    }
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  /** The place goes to who has waited longest; it is never free meanwhile, so that nobody slips in. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#running -= 1;
    } else {
      next();
    }
  }
}
