import type { UserDatabase, UserLookupRequest } from '@memory-monitor/core';

import type { Rule } from './rule.js';

/** The rule for a user; `unknown` while the user database has not said enough to know. */
export type RuleForUser = Rule | 'none' | 'unknown';

/** Rules in their order: of those that are for a user, the first one counts. */
export class RuleBook {
  readonly #rules: readonly Rule[];
  readonly #users: UserDatabase;
  readonly #isOpen: (window: string) => boolean;
  /** What `during` names. */
  readonly #windows: readonly string[];
  /** By uid; what is unknown is asked again. */
  readonly #known = new Map<number, RuleForUser>();
  #openWindows = '';

  /** `isOpen`: whether the window of that name is. */
  constructor(rules: readonly Rule[], users: UserDatabase, isOpen: (window: string) => boolean) {
    this.#rules = rules;
    this.#users = users;
    this.#isOpen = isOpen;
    this.#windows = [...new Set(rules.flatMap(({ during }) => during ?? []))];
  }

  ruleFor(uid: number): RuleForUser {
    this.#forgetAtBoundary();
    const known = this.#known.get(uid);
    if (known !== undefined) {
      return known;
    }
    const rule = this.#lookAt(uid);
    if (rule !== 'unknown') {
      this.#known.set(uid, rule);
    }
    return rule;
  }

  /** What the user database has to tell for the rule of an unknown user to be known, in words, and which rule asks for it. */
  waitsFor(uid: number): string {
    const owner = this.ownerOf(uid);
    const waiting = this.#rules
      .filter((rule) => this.#isThere(rule))
      .flatMap(({ selector, title }) => {
        const what = selector.waitsFor(owner, this.#users);
        return what === undefined ? [] : `${what}, which ${title} asks for`;
      });
    return waiting[0] ?? `the owner of uid ${uid}`;
  }

  /** Looks at every user anew from now on: people join groups. */
  forget(): void {
    this.#known.clear();
  }

  /** Whose processes these are: those of subordinate uids, which containers have, are their owner's. */
  ownerOf(uid: number): number {
    const owner = this.#users.ownerOf?.(uid);
    return owner?.state === 'found' ? owner.uid : uid;
  }

  /** Asks the user database for what it takes to know the rules for these users. Never rejects. */
  async lookUp(uids: ReadonlySet<number>, deadlineMs: number): Promise<void> {
    await this.#users.resolve({ subordinates: uids }, deadlineMs);
    const owners = new Set([...uids].map((uid) => this.ownerOf(uid)));
    const requests = this.#rules.map(({ selector }) => selector.lookups(owners));
    const isForNames = this.#rules.some(({ exemptNames }) =>
      exemptNames.some(({ user }) => user !== undefined),
    );
    await this.#users.resolve(together(isForNames ? [...requests, { uids: owners }] : requests), deadlineMs);
  }

  /** Other rules are there when a window opens or closes. */
  #forgetAtBoundary(): void {
    const openWindows = this.#windows.length === 0 ? '' : this.#windows.map(this.#isOpen).join();
    if (openWindows !== this.#openWindows) {
      this.#openWindows = openWindows;
      this.forget();
    }
  }

  #lookAt(uid: number): RuleForUser {
    if (this.#users.ownerOf?.(uid).state === 'unanswered') {
      return 'unknown';
    }
    const owner = this.ownerOf(uid);
    for (const rule of this.#rules.filter((candidate) => this.#isThere(candidate))) {
      const fit = rule.selector.fit(owner, this.#users);
      if (fit !== 'no') {
        return fit === 'yes' ? rule : 'unknown';
      }
    }
    return 'none';
  }

  #isThere({ during }: Rule): boolean {
    return during === undefined || this.#isOpen(during);
  }
}

function together(requests: readonly UserLookupRequest[]): UserLookupRequest {
  return {
    uids: new Set(requests.flatMap(({ uids = [] }) => [...uids])),
    memberships: new Set(requests.flatMap(({ memberships = [] }) => [...memberships])),
    groupNames: new Set(requests.flatMap(({ groupNames = [] }) => [...groupNames])),
  };
}
