import { valueAt } from '../config/value-at.js';

/** Shorter ones are no secrets, and stand in many a sentence by chance. */
const SHORTEST_SECRET = 4;
const SCRUBBED = '…';

/**
 * A schema's message without the value that it is about: libraries repeat what they received, and `[plugins.config]` holds
 * webhooks, tokens and passwords, which are not for the log. `path` leads to the value; where it leads nowhere, all are meant.
 */
export function scrubValues(message: string, config: unknown, path: readonly (string | number)[]): string {
  return secretsOf(valueAt(config, path) ?? config)
    .flatMap((text) => [JSON.stringify(text).slice(1, -1), text])
    .sort((a, b) => b.length - a.length)
    .reduce((scrubbed, text) => scrubbed.replaceAll(text, SCRUBBED), message);
}

/** The texts of a value, and of all values in it. */
function secretsOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    const text = String(value);
    return text.length < SHORTEST_SECRET ? [] : [text];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsOf) : [];
}
