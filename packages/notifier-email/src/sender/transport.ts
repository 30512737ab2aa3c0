import type { Message } from './message.js';

/** What became of one attempt to hand a mail over. */
export type Attempt =
  | { readonly state: 'sent'; readonly response: string }
  /** Nothing can be delivered at the moment: the server is away, or does not let us in. */
  | { readonly state: 'unreachable'; readonly reason: string }
  /** This mail can't be delivered at the moment. */
  | { readonly state: 'deferred'; readonly reason: string }
  /** This mail will never be taken. */
  | { readonly state: 'refused'; readonly reason: string };

/** Hands mail over to whoever delivers it. */
export interface Transport {
  /** Never rejects. */
  send(message: Message, from: string, to: string): Promise<Attempt>;
}
