import type { GroupLookup, UserDatabase, UserLookup } from '../ports.js';

/** A group of a fake user database. */
export interface FakeGroup {
  readonly gid: number;
  readonly members: readonly string[];
}

/** A user database in a map; `isAnswering = false` makes it forget everything, as one does that hangs. */
export class FakeUsers implements UserDatabase {
  isAnswering = true;
  readonly #uids: ReadonlyMap<string, number>;
  readonly #groups: ReadonlyMap<string, FakeGroup>;

  /** Uids by user name, and groups by theirs; each user's main group has the user's name and number. */
  constructor(
    uids: Readonly<Record<string, number>> = { root: 0, john: 1000 },
    groups: Readonly<Record<string, FakeGroup>> = {},
  ) {
    this.#uids = new Map(Object.entries(uids));
    const own = [...this.#uids].map(([name, uid]) => [name, { gid: uid, members: [name] }] as const);
    this.#groups = new Map([...own, ...Object.entries(groups)]);
  }

  userName(uid: number): string | undefined {
    const known = [...this.#uids].find(([, candidate]) => candidate === uid)?.[0];
    return this.isAnswering ? (known ?? String(uid)) : undefined;
  }

  /** The group's name, its number where it has none, undefined while the database does not answer. */
  groupName(gid: number): string | undefined {
    const known = [...this.#groups].find(([, group]) => group.gid === gid)?.[0];
    return this.isAnswering ? (known ?? String(gid)) : undefined;
  }

  uidOf(name: string): UserLookup {
    const uid = this.#uids.get(name);
    if (!this.isAnswering) {
      return { state: 'unanswered' };
    }
    return uid === undefined ? { state: 'absent' } : { state: 'found', uid };
  }

  gidOf(name: string): GroupLookup {
    const group = this.#groups.get(name);
    if (!this.isAnswering) {
      return { state: 'unanswered' };
    }
    return group === undefined ? { state: 'absent' } : { state: 'found', gid: group.gid };
  }

  gidsOf(uid: number): readonly number[] | undefined {
    const name = this.userName(uid);
    return name === undefined
      ? undefined
      : [...this.#groups.values()].filter(({ members }) => members.includes(name)).map(({ gid }) => gid);
  }

  async resolve(): Promise<void> {
    await Promise.resolve();
  }
}
