import { isWildcard, type UserDatabase } from '@memory-monitor/core';

import { isId } from './patterns.js';
import type { Rule } from './rule.js';

const LOOK_UP_MS = 2000;

/** Sentences about users and groups that rules name and that the user database does not know, or not by that name. */
export async function strangers(rules: readonly Rule[], users: UserDatabase): Promise<string[]> {
  const named = rules.map(({ selector, exemptNames, title }) => ({
    title,
    names: [...selector.users, ...exemptNames.flatMap(({ user }) => user ?? [])].filter(isName),
    groupNames: selector.groups.filter((group) => !isId(group)),
  }));
  const names = named.flatMap((rule) => rule.names);
  await users.resolve({ names, groupNames: named.flatMap((rule) => rule.groupNames) }, LOOK_UP_MS);
  const uids = names.flatMap((name) => uidOf(name, users) ?? []);
  // Whose the numbers of containers are is known from the first scan on.
  await users.resolve({ uids, subordinates: [] }, LOOK_UP_MS);
  return named.flatMap((rule) =>
    [
      ...rule.names.map((name) => aboutUser(name, users)),
      ...rule.groupNames.map((name) => aboutLookup('group', name, users.gidOf(name).state)),
    ].flatMap((sentence) => (sentence === undefined ? [] : `${rule.title}: ${sentence}`)),
  );
}

function aboutUser(name: string, users: UserDatabase): string | undefined {
  const uid = uidOf(name, users);
  const known = uid === undefined ? undefined : users.userName(uid);
  return known === undefined || known === name
    ? aboutLookup('user', name, users.uidOf(name).state)
    : `user "${name}" is called "${known}" by the user database, and is for nobody unless it is written so`;
}

function aboutLookup(
  kind: 'user' | 'group',
  name: string,
  state: 'found' | 'absent' | 'unanswered',
): string | undefined {
  switch (state) {
    case 'found':
      return undefined;
    case 'absent':
      return `there is no ${kind} "${name}" on this machine`;
    case 'unanswered':
      return `no database answers for ${kind} "${name}"; until one does, processes of users whose rule is not known are let live`;
  }
}

function uidOf(name: string, users: UserDatabase): number | undefined {
  const lookup = users.uidOf(name);
  return lookup.state === 'found' ? lookup.uid : undefined;
}

function isName(pattern: string): boolean {
  return !isWildcard(pattern) && !isId(pattern);
}
