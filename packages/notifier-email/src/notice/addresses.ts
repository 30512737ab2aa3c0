/** What an address may consist of: nothing that a header, an envelope or a shell gives a meaning to. */
const ADDRESS = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)?$/;
const USER = '{user}';

/** Whether it is `name@example.org`, or the name of a user of this machine. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** `ops@example.org` of `Operations <ops@example.org>`. */
export function addressOf(from: string): string {
  return /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from;
}

export function isAddressPattern(text: string): boolean {
  return text.includes(USER) && isAddress(text.replaceAll(USER, 'user'));
}

/** How owners are found, as the configuration has it. */
export interface OwnerAddresses {
  readonly address?: string | undefined;
  readonly addresses: Readonly<Record<string, string>>;
  readonly from_uid: number;
}

/** The owner of a process. */
export interface Owner {
  readonly uid: number;
  /** Digits where the user database knows no name. */
  readonly user: string;
}

/**
 * Where the owner gets mail; undefined where nobody reads it, or nobody knows who it is: the uid has no name here, as those
 * of containers with a user namespace of their own have none, or it is the one that stands for all uids that can't be shown.
 */
export function ownerAddress(
  { uid, user }: Owner,
  { address, addresses, from_uid: fromUid }: OwnerAddresses,
  overflowUid: number,
): string | undefined {
  if (uid < fromUid || uid === overflowUid || user === String(uid)) {
    return undefined;
  }
  const known = Object.hasOwn(addresses, user) ? addresses[user] : undefined;
  const found = known ?? address?.replaceAll(USER, () => user);
  return found !== undefined && isAddress(found) ? found : undefined;
}
