import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Notice } from './notice.js';

/** What is said about something that has just happened on this machine. */
export function newNotice(atMs: number, about: Omit<Notice, 'version' | 'id' | 'atMs' | 'host'>): Notice {
  return { version: 1, id: `${atMs}-${randomUUID()}`, atMs, host: hostname(), ...about };
}
