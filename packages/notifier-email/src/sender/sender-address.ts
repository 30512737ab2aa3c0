import { hostname } from 'node:os';

import { addressOf } from '../notice/addresses.js';

/** `From:` as configured, or an address of this machine. */
export function senderOf(from: string | undefined): string {
  return from ?? `Memory Monitor <memory-monitor@${hostname()}>`;
}

/**
 * A local user's name as an address that every mail server takes. On this machine `localhost` is what all of them deliver to
 * mailboxes; for another one, the sender's domain is meant.
 */
export function qualified(address: string, isLocalServer: boolean, from: string): string {
  return address.includes('@') ? address : `${address}@${isLocalServer ? 'localhost' : domainOf(from)}`;
}

export function domainOf(from: string): string {
  return addressOf(from).split('@')[1] ?? hostname();
}
