import type { UserDatabase } from '../ports.js';

/** An entry of `[whitelist] names`: a substring in any case, or `/a regular expression/`; for one user's processes only, if so. */
export interface NameEntry {
  readonly name: string;
  readonly user?: string | undefined;
}

/** The `[whitelist]` table, checked: what is never ended. */
export interface WhitelistConfig {
  readonly pids: readonly number[];
  readonly names: readonly NameEntry[];
  readonly users: readonly string[];
}

/** The owner of a process that is asked about. */
export interface Owner {
  readonly uid: number;
  /** Undefined while the user database has not told. */
  readonly name: string | undefined;
  readonly users: Pick<UserDatabase, 'uidOf'>;
}

interface CompiledName extends NameEntry {
  matches(name: string): boolean;
}

/** The text between the slashes of an entry that is a regular expression. */
export function regularExpressionOf(entry: string): string | undefined {
  return entry.length > 2 && entry.startsWith('/') && entry.endsWith('/') ? entry.slice(1, -1) : undefined;
}

/** Names, PIDs and users that are never signalled. */
export class Whitelist {
  readonly #pids: ReadonlySet<number>;
  readonly #names: readonly CompiledName[];
  readonly #users: readonly string[];

  constructor(config: WhitelistConfig) {
    this.#pids = new Set(config.pids);
    this.#names = config.names.map(compileName);
    this.#users = config.users;
  }

  /** Every user that is named, so that their uids can be looked up ahead of need. */
  get userNames(): readonly string[] {
    return [...this.#users, ...this.#names.flatMap(({ user }) => user ?? [])];
  }

  /** Whether this PID is whitelisted by number. */
  hasPid(pid: number): boolean {
    return this.#pids.has(pid);
  }

  /** The whitelisted user that the process belongs to; `isOpen` while the user database leaves that open. */
  findUser(owner: Owner): { readonly user: string | undefined; readonly isOpen: boolean } {
    const answers = this.#users.map((user) => ({ user, owned: isOwnedBy(owner, user) }));
    return {
      user: answers.find(({ owned }) => owned === true)?.user,
      isOpen: answers.some(({ owned }) => owned === 'unknown'),
    };
  }

  /** The entry that one of the names matches, as written in the configuration. */
  findName(names: readonly string[], owner: Owner): string | undefined {
    return this.#names.find((entry) => isForOwner(entry, owner) && names.some((name) => entry.matches(name)))
      ?.name;
  }

  /** Whether any name entry can protect this owner's processes. */
  hasNameEntryFor(owner: Owner): boolean {
    return this.#names.some((entry) => isForOwner(entry, owner));
  }
}

function compileName(entry: NameEntry): CompiledName {
  const source = regularExpressionOf(entry.name);
  if (source !== undefined) {
    const expression = new RegExp(source, 'i');
    return { ...entry, matches: (name) => expression.test(name) };
  }
  const wanted = entry.name.toLowerCase();
  return { ...entry, matches: (name) => name.toLowerCase().includes(wanted) };
}

/** An owner who is not known yet gets the benefit of the doubt. */
function isForOwner(entry: NameEntry, owner: Owner): boolean {
  return entry.user === undefined || isOwnedBy(owner, entry.user) !== false;
}

function isOwnedBy(owner: Owner, user: string): boolean | 'unknown' {
  const lookup = owner.users.uidOf(user);
  if (lookup.state === 'found') {
    return lookup.uid === owner.uid;
  }
  // A uid without a name is written in digits, as ps shows it; nobody has to be asked about that.
  const isUid = /^\d+$/.test(user) && Number(user) === owner.uid;
  if (isUid || lookup.state === 'absent') {
    return isUid;
  }
  return owner.name === undefined ? 'unknown' : owner.name === user;
}
