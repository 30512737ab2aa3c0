import type { UserDatabase, UserLookup } from '../ports.js';

/** A user database in a map; `isAnswering = false` makes it forget everything, as one does that hangs. */
export class FakeUsers implements UserDatabase {
  isAnswering = true;
  readonly #uids: ReadonlyMap<string, number>;
  readonly #gids: readonly (readonly [string, number])[];

  /** Uids by user name, and gids by group name. Each user has a group of the same name and number besides. */
  constructor(
    uids: Readonly<Record<string, number>> = { root: 0, john: 1000 },
    gids: Readonly<Record<string, number>> = {},
  ) {
    this.#uids = new Map(Object.entries(uids));
    this.#gids = [...Object.entries(gids), ...this.#uids];
  }

  userName(uid: number): string | undefined {
    return this.isAnswering ? nameOf(uid, this.#uids) : undefined;
  }

  groupName(gid: number): string | undefined {
    return this.isAnswering ? nameOf(gid, this.#gids) : undefined;
  }

  uidOf(name: string): UserLookup {
    const uid = this.#uids.get(name);
    if (!this.isAnswering) {
      return { state: 'unanswered' };
    }
    return uid === undefined ? { state: 'absent' } : { state: 'found', uid };
  }

  async resolve(): Promise<void> {
    await Promise.resolve();
  }
}

function nameOf(id: number, ids: Iterable<readonly [string, number]>): string {
  return [...ids].find(([, candidate]) => candidate === id)?.[0] ?? String(id);
}
