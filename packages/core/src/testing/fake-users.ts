import type { UserDatabase, UserLookup } from '../ports.js';

/** A user database in a map; `isAnswering = false` makes it forget everything, as one does that hangs. */
export class FakeUsers implements UserDatabase {
  isAnswering = true;
  readonly #uids: ReadonlyMap<string, number>;

  /** Uids by user name. */
  constructor(uids: Readonly<Record<string, number>> = { root: 0, john: 1000 }) {
    this.#uids = new Map(Object.entries(uids));
  }

  userName(uid: number): string | undefined {
    const known = [...this.#uids].find(([, candidate]) => candidate === uid)?.[0];
    return this.isAnswering ? (known ?? String(uid)) : undefined;
  }

  groupName(gid: number): string | undefined {
    return this.userName(gid);
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
