import type { UserDatabase, UserLookupRequest } from '@memory-monitor/core';

import type { RuleConfig } from '../config.js';
import { fitsAny, isId } from './patterns.js';

/** `unknown`: the user database has not said yet. */
export type Fit = 'yes' | 'no' | 'unknown';

/** Whom a rule is for: users by name, by uid, or by a group that they are in; one of these is enough. */
export class Selector {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly uids: NonNullable<RuleConfig['uids']>;

  constructor({ users = [], groups = [], uids = [] }: Pick<RuleConfig, 'users' | 'groups' | 'uids'>) {
    this.users = users;
    this.groups = groups;
    this.uids = uids;
  }

  fit(uid: number, users: UserDatabase): Fit {
    if (
      this.uids.some(({ first, last }) => first <= uid && uid <= last) ||
      this.users.includes(String(uid))
    ) {
      return 'yes';
    }
    const fits = [this.#fitByName(uid, users), ...this.groups.map((group) => fitByGroup(group, uid, users))];
    return fits.find((fit) => fit === 'yes') ?? fits.find((fit) => fit === 'unknown') ?? 'no';
  }

  /** What the user database has to tell for `fit` to be known, in words; undefined where it is. */
  waitsFor(uid: number, users: UserDatabase): string | undefined {
    if (this.fit(uid, users) !== 'unknown') {
      return undefined;
    }
    if (this.#fitByName(uid, users) === 'unknown') {
      return `the name of uid ${uid}`;
    }
    const group = this.groups.find((name) => !isId(name) && users.gidOf(name).state === 'unanswered');
    return group === undefined ? `the groups of uid ${uid}` : `group "${group}"`;
  }

  /** What has to be looked up for these users to know whether the rule is for them. */
  lookups(uids: Iterable<number>): UserLookupRequest {
    return {
      // Also where all of them are digits: a name can consist of those.
      uids: this.users.length > 0 ? uids : [],
      memberships: this.groups.length > 0 ? uids : [],
      groupNames: this.groups.filter((group) => !isId(group)),
    };
  }

  /** Digits are numbers first: whoever's name is not known does not have them for a name. */
  #fitByName(uid: number, users: UserDatabase): Fit {
    if (this.users.includes('*')) {
      return 'yes';
    }
    const name = users.userName(uid);
    if (name === undefined) {
      return this.users.every(isId) ? 'no' : 'unknown';
    }
    return hasName(uid, name, users) && fitsAny(this.users, name) ? 'yes' : 'no';
  }
}

/** A uid without an entry has its digits for a name; somebody may be called that all the same. */
function hasName(uid: number, name: string, users: UserDatabase): boolean {
  return name !== String(uid) || users.uidOf(name).state === 'found';
}

function fitByGroup(group: string, uid: number, users: UserDatabase): Fit {
  const lookup = isId(group) ? ({ state: 'found', gid: Number(group) } as const) : users.gidOf(group);
  if (lookup.state === 'absent') {
    return 'no';
  }
  const gids = users.gidsOf(uid);
  return lookup.state === 'unanswered' || gids === undefined
    ? 'unknown'
    : gids.includes(lookup.gid)
      ? 'yes'
      : 'no';
}
