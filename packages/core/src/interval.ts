import { LATE, within } from './deadline.js';
import type { HookFailure } from './hook-failure.js';
import type { Clock } from './ports.js';

/** What an interval override may answer. */
export type IntervalAnswer = number | undefined;

/** Changes the seconds until the next scan, or has no opinion. */
export interface IntervalOverride {
  readonly plugin: string;
  /** Half a second if left out. */
  readonly deadlineMs?: number;
  /** Seconds until the next scan, given what those before have said; undefined is no opinion. */
  intervalSeconds(currentSeconds: number): IntervalAnswer | Promise<IntervalAnswer>;
}

const DEADLINE_MS = 500;
const SHORTEST_SECONDS = 0.05;
const LONGEST_SECONDS = 24 * 3600;

/** Seconds until the next scan: what is configured, after each override in its turn, within sane bounds. */
export async function nextInterval(
  configuredSeconds: number,
  overrides: readonly IntervalOverride[],
  clock: Clock,
  onFailure: HookFailure,
): Promise<number> {
  let seconds = configuredSeconds;
  for (const override of overrides) {
    try {
      seconds = (await answerOf(override, seconds, clock)) ?? seconds;
    } catch (error) {
      onFailure(override.plugin, 'overrideInterval', error);
    }
  }
  return Math.min(Math.max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS);
}

async function answerOf(override: IntervalOverride, seconds: number, clock: Clock): Promise<IntervalAnswer> {
  const { deadlineMs = DEADLINE_MS } = override;
  const answer = await within(
    (ms, abort) => clock.sleep(ms, abort),
    deadlineMs,
    override.intervalSeconds(seconds),
  );
  if (answer === LATE) {
    throw new Error(`no answer within ${deadlineMs} ms`);
  }
  if (answer !== undefined && !Number.isFinite(answer)) {
    throw new Error('the answer is not a number of seconds');
  }
  return answer;
}
