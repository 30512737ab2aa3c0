import type { Clock, GroupLookup, UserDatabase, UserLookup, UserLookupRequest } from '@memory-monitor/core';

import { ConcurrencyGate } from '../concurrency-gate.js';
import { CachedLookup, type DatabaseAnswer } from './cached-lookup.js';
import type { DatabaseEntry } from './database-entry.js';
import { Directory } from './directory.js';
import { askDatabase } from './getent.js';
import { askMemberships } from './memberships.js';
import type { Database } from './nsswitch.js';
import { SubordinateIds } from './subordinate-ids.js';

/** A directory server that takes longer than this does not answer. */
const LOOKUP_DEADLINE_MS = 5000;
const MOST_LOOKUPS = 4;
const MOST_WAITING = 256;

/** The system's user database, asked beside the loop and cached. */
export class SystemUsers implements UserDatabase {
  readonly #gate = new ConcurrencyGate(MOST_LOOKUPS, MOST_WAITING);
  readonly #clock: Clock;
  readonly #users: CachedLookup<DatabaseEntry>;
  readonly #groups: CachedLookup<DatabaseEntry>;
  /** Gids of a user's groups, by uid. */
  readonly #memberships: CachedLookup<readonly number[]>;

  readonly #subordinates: SubordinateIds;

  constructor(
    clock: Clock,
    ask = databaseOf(clock),
    askGroupsOf = askMemberships,
    subordinates = new SubordinateIds(clock),
  ) {
    this.#subordinates = subordinates;
    const gated =
      (database: Database) =>
      async (key: string): Promise<DatabaseAnswer<DatabaseEntry>> =>
        await this.#inTurn(async () => await ask(database, key, LOOKUP_DEADLINE_MS));
    this.#clock = clock;
    this.#users = new CachedLookup(clock, gated('passwd'));
    this.#groups = new CachedLookup(clock, gated('group'));
    this.#memberships = new CachedLookup(clock, async (uid) => {
      await this.#users.refresh([uid]);
      const user = this.#users.get(uid);
      return user === undefined || user === 'absent'
        ? (user ?? 'unanswered')
        : await this.#inTurn(async () => await askGroupsOf(user.name, LOOKUP_DEADLINE_MS));
    });
  }

  userName(uid: number): string | undefined {
    return nameIn(this.#users, uid);
  }

  groupName(gid: number): string | undefined {
    return nameIn(this.#groups, gid);
  }

  uidOf(name: string): UserLookup {
    const lookup = idIn(this.#users, name);
    return lookup.state === 'found' ? { state: 'found', uid: lookup.id } : lookup;
  }

  gidOf(name: string): GroupLookup {
    const lookup = idIn(this.#groups, name);
    return lookup.state === 'found' ? { state: 'found', gid: lookup.id } : lookup;
  }

  gidsOf(uid: number): readonly number[] | undefined {
    const answer = this.#memberships.get(String(uid));
    return answer === 'absent' ? [] : answer;
  }

  ownerOf(uid: number): UserLookup {
    const owner = this.#subordinates.ownerOf(uid);
    if (owner === undefined) {
      return { state: this.#subordinates.isRead ? 'absent' : 'unanswered' };
    }
    return /^\d+$/.test(owner) ? { state: 'found', uid: Number(owner) } : this.uidOf(owner);
  }

  async resolve(wanted: UserLookupRequest, deadlineMs: number): Promise<void> {
    const { uids = [], gids = [], names = [], groupNames = [], memberships = [], subordinates } = wanted;
    const answered = new AbortController();
    const all = Promise.all([
      subordinates === undefined ? undefined : this.#resolveOwners(subordinates),
      this.#users.refresh([...[...uids].map(String), ...names]),
      this.#groups.refresh([...[...gids].map(String), ...groupNames]),
      this.#memberships.refresh([...memberships].map(String)),
    ]);
    await Promise.race([all, this.#clock.sleep(deadlineMs, answered.signal)]);
    answered.abort();
  }

  async #resolveOwners(uids: Iterable<number>): Promise<void> {
    await this.#subordinates.refresh();
    await this.#users.refresh([...uids].flatMap((uid) => this.#subordinates.ownerOf(uid) ?? []));
  }

  /** Few programs at once; what would have to wait behind too many is not asked. */
  async #inTurn<T>(ask: () => Promise<DatabaseAnswer<T>>): Promise<DatabaseAnswer<T>> {
    return (await this.#gate.run(ask)) ?? 'unanswered';
  }
}

/** That of the system, with the directory that is part of it. */
function databaseOf(
  clock: Clock,
): (database: Database, key: string, deadlineMs: number) => Promise<DatabaseAnswer<DatabaseEntry>> {
  const directory = new Directory(clock);
  return async (database, key, deadlineMs) => await askDatabase(database, key, deadlineMs, directory);
}

function nameIn(lookup: CachedLookup<DatabaseEntry>, id: number): string | undefined {
  const answer = lookup.get(String(id));
  return answer === 'absent' ? String(id) : answer?.name;
}

function idIn(
  lookup: CachedLookup<DatabaseEntry>,
  name: string,
): { readonly state: 'found'; readonly id: number } | { readonly state: 'absent' | 'unanswered' } {
  const answer = lookup.get(name);
  if (answer === undefined) {
    return { state: 'unanswered' };
  }
  // Digits are looked up as a number too; whoever has that number does not have that name.
  return answer === 'absent' || answer.name !== name
    ? { state: 'absent' }
    : { state: 'found', id: answer.id };
}
