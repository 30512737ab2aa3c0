import type { Clock } from '@memory-monitor/core';

/** How long an answer is good for, by what it was. */
const FOUND_MS = 10 * 60_000;
const ABSENT_MS = 60_000;
const UNANSWERED_MS = 30_000;

/** An entry, `absent`, or `unanswered` if the database (LDAP, say) gave no answer in time. */
export type DatabaseAnswer<T> = T | 'absent' | 'unanswered';

interface Known<T> {
  /** The last real answer; undefined if there has never been one. */
  readonly answer: T | 'absent' | undefined;
  readonly goodUntilMs: number;
}

/** Answers of a database by key. An answer that has grown old is used until a newer one is there. */
export class CachedLookup<T extends object> {
  readonly #ask: (key: string) => Promise<DatabaseAnswer<T>>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known<T>>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(clock: Clock, ask: (key: string) => Promise<DatabaseAnswer<T>>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** What is known now; undefined if the database has never answered. */
  get(key: string): T | 'absent' | undefined {
    return this.#known.get(key)?.answer;
  }

  /** Asks for what is not known or has grown old. Resolves when that has been answered which nothing is known of. */
  async refresh(keys: Iterable<string>): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const awaited: Promise<void>[] = [];
    for (const key of keys) {
      const known = this.#known.get(key);
      if (known === undefined || known.goodUntilMs <= nowMs) {
        const asking = this.#asking.get(key) ?? this.#begin(key, known);
        if (known?.answer === undefined) {
          awaited.push(asking);
        }
      }
    }
    await Promise.all(awaited);
  }

  #begin(key: string, known: Known<T> | undefined): Promise<void> {
    const asking = this.#ask(key)
      .then((answer) => {
        const lastsMs = answer === 'unanswered' ? UNANSWERED_MS : answer === 'absent' ? ABSENT_MS : FOUND_MS;
        this.#known.set(key, {
          answer: answer === 'unanswered' ? known?.answer : answer,
          goodUntilMs: this.#clock.monotonicMs() + lastsMs,
        });
      })
      .finally(() => {
        this.#asking.delete(key);
      });
    this.#asking.set(key, asking);
    return asking;
  }
}
