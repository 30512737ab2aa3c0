import { runBounded } from '../run-bounded.js';
import type { DatabaseAnswer } from './cached-lookup.js';

/**
 * Gids of all groups of a user, the main one first, by id(1): it asks for them as a login does, so that groups count whose
 * directory keeps their lists of members to itself (SSSD's `ignore_group_members`).
 */
export async function askMemberships(
  userName: string,
  deadlineMs: number,
): Promise<DatabaseAnswer<readonly number[]>> {
  try {
    const { exitCode, output } = await runBounded('id', ['-G', '--', userName], deadlineMs);
    const gids = parseGids(output.toString('utf8'));
    return exitCode === 0 && gids.length > 0 ? gids : 'unanswered';
  } catch {
    return 'unanswered';
  }
}

function parseGids(text: string): number[] {
  const words = text.trim().split(/\s+/);
  return words.every((word) => /^\d+$/.test(word)) ? words.map(Number) : [];
}
