import { fitsWildcard, type UserDatabase } from '@memory-monitor/core';

/** Programs that a rule does not end. */
export interface ExemptName {
  /** With `*` and `?`. */
  readonly pattern: string;
  /** Only processes of this user; undefined for those of all. */
  readonly user: string | undefined;
}

/** Whether a process is exempt by its name; one whose user's name is not known yet has the benefit of the doubt. */
export function isExempt(
  names: readonly ExemptName[],
  { name, uid }: { readonly name: string; readonly uid: number },
  users: Pick<UserDatabase, 'userName'>,
): boolean {
  return names.some(
    ({ pattern, user }) => fitsWildcard(pattern, name) && (user === undefined || isCalled(user, uid, users)),
  );
}

function isCalled(user: string, uid: number, users: Pick<UserDatabase, 'userName'>): boolean {
  return user === String(uid) || (users.userName(uid) ?? user) === user;
}
