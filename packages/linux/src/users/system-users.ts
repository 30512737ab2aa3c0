import type { Clock, UserDatabase, UserLookup, UserLookupRequest } from '@memory-monitor/core';

import { ConcurrencyGate } from '../concurrency-gate.js';
import { CachedLookup } from './cached-lookup.js';
import { askDatabase, type Database, type DatabaseAnswer } from './getent.js';

/** A directory server that takes longer than this does not answer. */
const LOOKUP_DEADLINE_MS = 5000;
const MOST_LOOKUPS = 4;
const MOST_WAITING = 256;

/** The system's user database, asked beside the loop and cached. */
export class SystemUsers implements UserDatabase {
  readonly #gate = new ConcurrencyGate(MOST_LOOKUPS, MOST_WAITING);
  readonly #clock: Clock;
  readonly #users: CachedLookup;
  readonly #groups: CachedLookup;

  constructor(clock: Clock, ask = askDatabase) {
    const gated =
      (database: Database) =>
      async (key: string): Promise<DatabaseAnswer> =>
        (await this.#gate.run(async () => await ask(database, key, LOOKUP_DEADLINE_MS))) ?? 'unanswered';
    this.#clock = clock;
    this.#users = new CachedLookup(clock, gated('passwd'));
    this.#groups = new CachedLookup(clock, gated('group'));
  }

  userName(uid: number): string | undefined {
    return nameIn(this.#users, uid);
  }

  groupName(gid: number): string | undefined {
    return nameIn(this.#groups, gid);
  }

  uidOf(name: string): UserLookup {
    const answer = this.#users.get(name);
    if (answer === undefined) {
      return { state: 'unanswered' };
    }
    // Digits are looked up as a uid too; whoever has that uid does not have that name.
    return answer === 'absent' || answer.name !== name
      ? { state: 'absent' }
      : { state: 'found', uid: answer.id };
  }

  async resolve({ uids = [], gids = [], names = [] }: UserLookupRequest, deadlineMs: number): Promise<void> {
    const users = [...[...uids].map(String), ...names];
    const answered = new AbortController();
    const all = Promise.all([this.#users.refresh(users), this.#groups.refresh([...gids].map(String))]);
    await Promise.race([all, this.#clock.sleep(deadlineMs, answered.signal)]);
    answered.abort();
  }
}

function nameIn(lookup: CachedLookup, id: number): string | undefined {
  const answer = lookup.get(String(id));
  return answer === 'absent' ? String(id) : answer?.name;
}
